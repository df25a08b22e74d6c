"""Sufficiency and necessity: what the region carries where it is put in, and what is missed where
it is taken out, each beside random regions.
"""

from graftui.results.evidence.card import CardLine, Figure, Unit, Verdict
from graftui.results.evidence.reading import Tested, figure, of_share, recovered, scored
from graftui.results.evidence.rule import against_random
from graftui.results.figures import counted
from graftui.results.statistics.differences import agreement, difference
from graftui.results.statistics.joining import join

SUFFICIENCY = (
    "sufficiency",
    "does the pretrained model with the region alone do what the fine-tuned one does?",
    "random regions with its counts in each tensor do as well, or the interval of its recovery "
    "lies below what was asked for",
)
NECESSITY = (
    "necessity",
    "does the fine-tuned model lose more without the region than without a random one?",
    "the fine-tuned model does as well without it as without random regions with its counts",
)


def sufficiency(run: Tested, metric: str, wanted: float) -> CardLine:
    """`wanted`: the recovery that a region is to reach."""
    region, whole = run.only("region"), run.only("finetuned")
    pair = join(region, whole)
    recovery = recovered(pair, metric)
    beside = against_random([join(region, other) for other in run.of("random_region")], metric)
    same, bounds = agreement([pair])
    rows = f"{len(pair.ids):,} rows"
    figures = [
        recovery,
        figure("agreement", same, of_share(same, bounds, len(pair.ids)), rows),
        *([scored(region, "ece", "ECE"), scored(whole, "ece", "ECE of the fine-tuned model")]
          if region.classes else []),
        beside.figure("above random regions"),
    ]  # fmt: skip
    verdict, title, asks, refuted_by = beside.verdict, *SUFFICIENCY
    because = beside.because
    if verdict is Verdict.holds:
        verdict, because = _enough(recovery, wanted, because)
    return CardLine(title, asks, verdict, refuted_by, tuple(figures), because, (run.run.id,))


def _enough(recovery: Figure, wanted: float, because: str) -> tuple[Verdict, str]:
    """What follows for a region that is better than random ones: it has to recover enough too."""
    if recovery.low is None or recovery.high is None:
        return Verdict.unknown, f"the fine-tuned model scores nothing to recover; {because}"
    asked = f"{100 * wanted:g} %"
    if recovery.high < wanted:
        return Verdict.fails, f"its recovery lies below {asked}"
    if recovery.low < wanted:
        because += f"; {asked} lies within the interval of its recovery"
    return Verdict.holds, because


def necessity(run: Tested, metric: str) -> CardLine:
    """Of the same run."""
    whole, without = run.only("finetuned"), run.only("knocked_out")
    lost = difference([join(whole, without)], metric)
    others = run.of("knocked_out_random")
    beside = against_random([join(other, without) for other in others], metric)
    rows = f"{lost.rows[0]:,} rows"
    figures = [
        scored(without, metric, f"{metric} without it"),
        figure("lost", lost.mean, lost.interval, rows, Unit.points),
        beside.figure("lost beyond random regions"),
    ]
    if whole.classes:
        surer = difference([join(without, other) for other in others], "loss")
        n = counted(len(others), "region")
        figures.append(
            figure("loss beyond random regions", surer.mean, surer.interval, n, Unit.number)
        )
    title, asks, refuted_by = NECESSITY
    return CardLine(
        title, asks, beside.verdict, refuted_by, tuple(figures), beside.because, (run.run.id,)
    )
