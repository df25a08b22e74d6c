"""Lines of a card from made-up answers, and its forms: page, Markdown, LaTeX, JSON and back."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from engine.contract.questions.skills import SkillPair
from graftui.errors import UsageError
from graftui.models import Run, RunReason, RunStatus
from graftui.planning.evidence.asked import EvidenceConfig
from graftui.planning.evidence.controls import (
    EVERYTHING,
    RANDOM,
    REGION,
    ControlRun,
    Controls,
    Line,
)
from graftui.results.evidence import exchange, place, reading, size, stability
from graftui.results.evidence.card import Card, CardLine, Verdict, as_json, from_json
from graftui.results.evidence.making import Gathered
from graftui.results.evidence.reading import recovered, scored
from graftui.results.evidence.size import Smallest
from graftui.results.export.evidence import FORMATS
from graftui.results.statistics.intervals import unseen
from graftui.results.statistics.joining import join
from graftui.settings import at
from graftui.show.evidence import page
from tests.results.evidence.test_rule import ROWS, answers, of_share


def control(**shares: list[float]) -> reading.Tested:
    """A control run of which each stage answers such shares of the rows right."""
    groups = []
    for number, (stage, each) in enumerate(shares.items()):
        for draw, share in enumerate(each):
            labels = {"draw": float(draw)} if "random" in stage else {}
            own = of_share(share, 100 * number + draw)
            groups.append(replace(own, stage=stage, labels=labels))
    return reading.Tested(_run("control"), tuple(groups))


def _run(kind: str) -> Run:
    return Run(id=f"{kind}1", name=kind, kind=kind, config={}, config_hash="", created_at=0.0)


def test_recovery_is_a_ratio_of_scores_on_the_same_rows() -> None:
    first, second = (answers(np.arange(ROWS) < count) for count in (150, 180))
    figure = recovered(join(first, second), "accuracy")
    assert figure.value == pytest.approx(150 / 180)
    assert figure.low is not None
    assert figure.high is not None
    draw = np.random.default_rng(1)
    rows = draw.integers(ROWS, size=(4000, ROWS))
    slow = (rows < 150).sum(1) / (rows < 180).sum(1)
    assert figure.low == pytest.approx(np.quantile(slow, 0.025), abs=0.01)
    assert figure.high == pytest.approx(np.quantile(slow, 0.975), abs=0.01)


def test_rows_that_are_all_alike_have_the_exact_interval() -> None:
    """A bootstrap of them would know that no row is otherwise."""
    exact = stats.binomtest(ROWS, ROWS).proportion_ci(method="exact")
    right = answers(np.ones(ROWS, dtype=bool))
    assert unseen(ROWS) == pytest.approx(1 - exact.low)
    for made in (scored(right, "accuracy", ""), recovered(join(right, right), "accuracy")):
        assert made.value == 1
        assert made.low == pytest.approx(exact.low)
    wrong = scored(answers(np.zeros(ROWS, dtype=bool)), "accuracy", "")
    assert wrong.low == 0
    assert wrong.high == pytest.approx(1 - exact.low)
    half = answers(np.arange(ROWS) < ROWS / 2)
    same = recovered(join(half, half), "accuracy")
    assert same.low == pytest.approx(1 - 2 * unseen(ROWS)), "of what it scores half as much"
    run = control(region=[1.0], finetuned=[1.0], random_region=[0.5, 0.5, 0.5], knocked_out=[0.5])
    agreement = exchange.sufficiency(run, "accuracy", 0.95).figures[1]
    assert agreement.low == pytest.approx(exact.low)
    assert agreement.high == 1


def test_a_model_that_scores_nothing_leaves_nothing_known() -> None:
    run = control(region=[1.0], finetuned=[0.0], random_region=[0.2, 0.2, 0.2])
    line = exchange.sufficiency(run, "accuracy", 0.95)
    assert line.verdict is Verdict.unknown
    assert "nothing to recover" in line.because


def test_sufficiency_and_necessity_are_two_claims() -> None:
    run = control(
        region=[0.93], finetuned=[0.95], knocked_out=[0.94], random_region=[0.5, 0.52, 0.49],
        knocked_out_random=[0.95, 0.94, 0.95],
    )  # fmt: skip
    assert exchange.sufficiency(run, "accuracy", 0.9).verdict is Verdict.holds
    assert exchange.sufficiency(run, "accuracy", 1.5).verdict is Verdict.fails
    assert "95 % lies within" in exchange.sufficiency(run, "accuracy", 0.95).because
    none = replace(run, groups=tuple(g for g in run.groups if g.stage != "region"))
    with pytest.raises(UsageError, match="no answers of its stage region"):
        exchange.sufficiency(none, "accuracy", 0.95)
    assert exchange.necessity(run, "accuracy").verdict is Verdict.chance
    needed = replace(run, groups=(*(g for g in run.groups if g.stage != "knocked_out"),
                                  replace(of_share(0.5, 7), stage="knocked_out")))  # fmt: skip
    assert exchange.necessity(needed, "accuracy").verdict is Verdict.holds


def retrained(
    region: str, number: int, lr: float, dev: float, test: float
) -> tuple[ControlRun, reading.Tested]:
    seed = hash_of(region, number, lr)
    on_dev = replace(of_share(dev, seed), stage="retrained", split="dev")
    on_test = replace(of_share(test, seed + 1), stage="retrained")
    about = ControlRun("part", Line.retraining, region, number, lr)
    return about, reading.Tested(_run("retrain"), (on_dev, on_test))


def hash_of(region: str, number: int, lr: float) -> int:
    return len(region) * 1000 + number * 10 + int(lr * 10)


def test_each_region_counts_at_the_rate_that_is_best_on_dev() -> None:
    runs = [
        retrained(REGION, 0, 0.1, 0.5, 0.99), retrained(REGION, 0, 0.3, 0.9, 0.9),
        *(retrained(RANDOM, n, 0.1, 0.5, 0.5) for n in range(3)),
        *(retrained(RANDOM, n, 0.3, 0.4, 0.95) for n in range(3)),
    ]  # fmt: skip
    best = place.chosen(runs, "accuracy")
    assert {(name, n): own.control.lr for (name, n), own in best.items()} == {
        (REGION, 0): 0.3, (RANDOM, 0): 0.1, (RANDOM, 1): 0.1, (RANDOM, 2): 0.1,
    }  # fmt: skip
    line = place.place(runs, "accuracy")
    assert line.verdict is Verdict.holds
    assert place.place(runs[:3], "accuracy").verdict is Verdict.missing
    assert place.place(runs[2:], "accuracy").verdict is Verdict.missing
    alone = [retrained(EVERYTHING, 0, 0.1, 0.9, 0.9)]
    assert place.place(alone, "accuracy").figures[0].name.startswith("of everything")


def gathered(states: dict[ControlRun, RunStatus], **about: Any) -> Gathered:
    """A graft that gained nothing, with control runs in these states."""
    graft = replace(_run("graft"), summary={"pretrained": 0.5, "finetuned": 0.5})
    controls = Controls(None, "graft", EvidenceConfig(), tuple(states), frozenset())  # type: ignore
    runs = {c.part: replace(_run(c.part), status=state, **about) for c, state in states.items()}
    return Gathered(graft, controls, runs, at(Path()), lambda asked: None)  # type: ignore


def test_a_region_counts_once_it_was_trained_in_at_all_rates() -> None:
    low, high = (ControlRun(f"r{lr}", Line.retraining, RANDOM, 0, lr) for lr in (0.1, 0.3))
    half = {low: RunStatus.finished, high: RunStatus.running}
    assert not gathered(half).whole(low), "its better rate may be still to come"
    assert gathered({**half, high: RunStatus.finished}).whole(low)
    failed = {**half, high: RunStatus.failed}
    assert gathered(failed, reason=RunReason.diverged).whole(low)
    assert not gathered(failed, reason=RunReason.oom).whole(low)


def test_why_a_line_was_not_run_is_said_in_its_own_words() -> None:
    search = ControlRun("s", Line.size)
    assert "gained nothing" in gathered({search: RunStatus.failed}).why_not(Line.size)
    other = ControlRun("o", Line.exchange)
    said = gathered({other: RunStatus.failed}, message="no room").why_not(Line.exchange)
    assert said == "control run o1 failed: no room"
    assert "are cancelled" in gathered({other: RunStatus.cancelled}).why_not(Line.exchange)


def pair(number: int, p: float) -> SkillPair:
    return SkillPair(
        first=0, second=number, overlap=50, jaccard=0.3, expected=1.0, p=0.0,
        expected_by_tensor=10.0, p_by_tensor=p, exact=True, agree=50,
    )  # fmt: skip


def test_stability_needs_every_pair_beyond_the_stricter_null() -> None:
    line = stability.stability("data seeds", [pair(1, 1e-9), pair(2, 0.02)], ["a", "b"])
    assert line.verdict is Verdict.holds
    assert line.runs == ("a", "b")
    line = stability.stability("data seeds", [pair(1, 1e-9), pair(2, 0.03)], ["a", "b"])
    assert line.verdict is Verdict.chance, "0.05 is shared by two pairs"


def test_sizes_are_told_apart_where_no_random_ranking_may_come_to_the_regions() -> None:
    def verdict(least: int, most: int, *random: tuple[int, int, int]) -> Verdict:
        chance = [Smallest(each, low, high, 9) for low, each, high in random]
        return size.size(Smallest(least, least, most, 9), chance, 0.95, []).verdict

    alike = [(21, 25, 30)] * 3
    assert verdict(10, 20, *alike) is Verdict.holds
    assert verdict(10, 21, *alike) is Verdict.chance
    assert verdict(31, 40, *alike) is Verdict.fails
    apart = [(21, 25, 30), (90, 100, 110), (300, 400, 500)]
    assert verdict(10, 20, *apart) is Verdict.chance, "a fourth could need 10 as well"
    found = {"recover": {"weights": 5, "least": 4, "most": 6, "tried": {"5": 1.0}}}
    assert size.smallest(found) == Smallest(5, 4, 6, 1)
    assert size.smallest({"recover": {"weights": 5}}) is size.smallest(None) is None


def test_one_more_random_ranking_is_foretold_from_those_that_there_are() -> None:
    sizes = [100, 200, 150]
    logs = np.log10(sizes)
    reach = stats.t(2).ppf(0.975) * logs.std(ddof=1) * (1 + 1 / 3) ** 0.5
    ends = size.at_random([Smallest(n, n, n, 9) for n in sizes])
    assert (ends.low, ends.high) == pytest.approx(tuple(10 ** (logs.mean() + [-reach, reach])))
    wide = size.at_random([Smallest(n, 1, 10**6, 9) for n in sizes])
    assert (wide.low, wide.high) == (1, 10**6), "rows say more than rankings do"


def test_a_run_without_answers_is_not_passed_over_for_another_rate() -> None:
    about, run = retrained(REGION, 0, 0.3, 0.9, 0.9)
    silent = about, replace(run, groups=())
    with pytest.raises(UsageError, match="left no answers"):
        place.chosen([retrained(REGION, 0, 0.1, 0.5, 0.99), silent], "accuracy")


@pytest.fixture
def card() -> Card:
    run = control(region=[0.9], finetuned=[0.9], random_region=[0.5, 0.5, 0.5, 0.5])
    lines = (
        exchange.sufficiency(run, "accuracy", 0.95),
        CardLine("size", "how few?", Verdict.missing, "x & y", because="not [b]run[/b]"),
    )
    return Card("abc123", "a|b", "t_1", "accuracy", "m", "learnt graft", 12, 0.001, time.time(),
                lines, ("a note",))  # fmt: skip


def test_a_card_is_read_back_and_a_broken_line_costs_that_line(card: Card) -> None:
    raw = json.loads(FORMATS["json"](card))
    assert from_json(raw) == card
    raw["lines"][0]["verdict"] = "perhaps"
    assert from_json(raw) == replace(card, lines=card.lines[1:])
    assert from_json({**raw, "lines": 5}) is from_json([]) is from_json({}) is None
    assert as_json(card)["run"] == "abc123"


def test_every_form_says_each_claim_with_what_would_refute_it(card: Card) -> None:
    shown = "\n".join("".join(text for text, _ in line) for line in page(card))
    for text in (shown, FORMATS["md"](card), FORMATS["latex"](card)):
        assert "holds" in text
        assert "not run" in text
        assert "random regions with its counts" in text
    assert "recovery" in shown
    assert "800" not in shown
    assert f"{ROWS} rows" in shown
    assert r"x \& y" in FORMATS["latex"](card)
