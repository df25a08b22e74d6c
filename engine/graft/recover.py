"""The smallest graft that recovers a share of the skill, with a confidence interval."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from engine.errors import ConfigError
from engine.evaluate import Outcome
from engine.graft.mask import top
from engine.graft.phases import searches
from engine.graft.report import Bench
from engine.tasks.metrics import resampled

DRAWS = 1000
"""Bootstrap samples of the test rows."""
_ENDS = (0.025, 0.975)
_AT_ONCE = 100
"""Samples that are scored together: of 100,000 rows they take 80 MB."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """What the search found."""

    weights: int
    recovery: float
    """Graft / fine-tuned, by the task's metric, on the first test set."""
    low: float
    """Recovery of this graft: lower end of the 95 % interval over test rows (bootstrap)."""
    high: float
    tried: dict[int, float]
    """Number of weights -> recovery, all that were evaluated."""
    least: int
    """Lower end of the 95 % interval of `weights`: see `sizes`."""
    most: int


def smallest(bench: Bench, rated: torch.Tensor) -> Smallest:
    """The smallest top-s of `rated`, (P,), whose recovery reaches `graft.recover`.

    Bisection over s on a logarithmic scale, to within 2 %: recovery is taken to grow with s,
    which holds but for noise. Raises ConfigError where all weights together do not reach it.
    """
    session, delta, wanted = bench.session, bench.delta, bench.config.recover
    _refuse_untuned(bench)
    first = next(iter(session.data.tests))
    full = bench.outcomes["finetuned"][first]
    seen: dict[int, Outcome] = {}

    def reached(s: int) -> float:
        if s not in seen:
            delta.put(top(rated, s))
            seen[s] = session.evaluate(session.data.tests[first])
            session.emit.metric(len(seen), {"recover/weights": float(s)})
            session.emit.progress("recover", len(seen), max(len(seen), searches(len(delta))))
            session.emit.log(f"{s:,} weights recover {100 * _ratio(seen[s], full):.1f} %")
        return _ratio(seen[s], full)

    low, high = 0, len(delta)
    if reached(high) < wanted:
        raise ConfigError(
            f"graft.recover = {wanted:g}: even all {high:,} maskable weights recover "
            f"{100 * reached(high):.1f} %",
            "ask for less, or freeze less in fine-tuning and graft",
        )
    while high > max(low + 1, 1.02 * low):
        middle = max(low + 1, min(high - 1, round((max(low, 1) * high) ** 0.5)))
        low, high = (low, middle) if reached(middle) >= wanted else (middle, high)
    bounds = interval(seen[high], full)
    low_end, high_end = (100 * end for end in bounds)
    session.emit.log(
        f"smallest: {high:,} weights recover {100 * reached(high):.1f} % "
        f"(95 % interval {low_end:.1f} to {high_end:.1f})"
    )
    tried = {s: _ratio(outcome, full) for s, outcome in sorted(seen.items())}
    least, most = sizes(seen, full, wanted)
    return Smallest(high, reached(high), *bounds, tried, least, most)


def _refuse_untuned(bench: Bench) -> None:
    if not bench.tuned:
        raise ConfigError(
            f"graft.recover = {bench.config.recover:g}: the fine-tuned model is the pretrained "
            "one, so there is no skill to recover",
            "fine-tune longer, or at another train.lr",
        )


def interval(graft: Outcome, full: Outcome, draws: int = DRAWS) -> tuple[float, float]:
    """95 % percentile interval of the recovery over resampled test rows (Efron 1979)."""
    ends = _resampled(graft, full, draws).quantile(torch.tensor(_ENDS, dtype=torch.float64))
    return ends[0].item(), ends[1].item()


def sizes(
    seen: Mapping[int, Outcome], full: Outcome, wanted: float, draws: int = DRAWS
) -> tuple[int, int]:
    """95 % percentile interval of the smallest size that recovers `wanted`, over resampled test
    rows: in each sample the smallest size of those that were tried, all scored on the same rows;
    where none reaches it, the largest. Ends are sizes that were tried.
    """
    tried = sorted(seen)
    reached = torch.stack([_resampled(seen[s], full, draws) >= wanted for s in tried])  # (S, D)
    reached[-1] = True
    order = reached.int().argmax(0).sort().values  # the first of them that does, (D,)
    low, high = (min(draws - 1, round(end * draws)) for end in _ENDS)
    return tried[int(order[low])], tried[int(order[high])]


def _resampled(graft: Outcome, full: Outcome, draws: int) -> torch.Tensor:
    """Recovery in each of `draws` samples of the test rows, (D,) float64; the same samples for
    each graft.
    """
    generator = torch.Generator().manual_seed(0)
    rows = len(full.labels)
    ratios = []
    for _ in range(0, draws, _AT_ONCE):
        drawn = [torch.randint(rows, (rows,), generator=generator) for _ in range(_AT_ONCE)]
        times = torch.stack([draw.bincount(minlength=rows) for draw in drawn])  # (D, N)
        part, whole = (
            resampled(outcome.metric, outcome.logits, outcome.labels, times)
            for outcome in (graft, full)
        )
        ratios.append(torch.where(whole > 0, part / whole, 0.0))
    return torch.cat(ratios)[:draws]


def _ratio(graft: Outcome, full: Outcome) -> float:
    return graft.score / full.score if full.score > 0 else 0.0
