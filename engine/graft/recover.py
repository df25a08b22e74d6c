"""The smallest graft that recovers a share of the skill, with a confidence interval."""

from collections.abc import Callable, Sequence
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


class Tries:
    """What the grafts of some sizes recover, each scored once, when it is first asked for."""

    def __init__(self, bench: Bench, rated: torch.Tensor) -> None:
        """`rated`: (P,) a score a maskable weight, whose top is the graft of each size."""
        self._bench, self._rated = bench, rated
        self._test = next(iter(bench.session.data.tests))
        self.full = bench.outcomes["finetuned"][self._test]
        """Of the fine-tuned model."""
        self.outcomes: dict[int, Outcome] = {}
        """By size, in the order in which they were tried."""

    def recovery(self, s: int) -> float:
        """That of the top `s` weights; the model shows them if they are scored now."""
        if s not in self.outcomes:
            session = self._bench.session
            self._bench.delta.put(top(self._rated, s))
            self.outcomes[s] = session.evaluate(session.data.tests[self._test])
            tried = len(self.outcomes)
            session.emit.metric(tried, {"recover/weights": float(s)})
            session.emit.progress("recover", tried, max(tried, searches(len(self._rated))))
            share = 100 * _ratio(self.outcomes[s], self.full)
            session.emit.log(f"{s:,} weights recover {share:.1f} %")
        return _ratio(self.outcomes[s], self.full)

    def reaching(self, s: int, wanted: float) -> float:
        """In which part of the samples of the test rows the top `s` weights recover `wanted`."""
        self.recovery(s)
        sampled = _resampled(self.outcomes[s], self.full, DRAWS)
        return (sampled >= wanted).double().mean().item()

    def least(self, wanted: float) -> int:
        """The smallest size whose recovery is `wanted`, to within 2 %, by bisection on a
        logarithmic scale. Raises ConfigError where all weights together do not reach it.
        """
        low, high = 0, len(self._rated)
        if self.recovery(high) < wanted:
            raise ConfigError(
                f"graft.recover = {wanted:g}: even all {high:,} maskable weights recover "
                f"{100 * self.recovery(high):.1f} %",
                "ask for less, or freeze less in fine-tuning and graft",
            )
        while high > max(low + 1, 1.02 * low):
            middle = max(low + 1, min(high - 1, round((max(low, 1) * high) ** 0.5)))
            low, high = (low, middle) if self.recovery(middle) >= wanted else (middle, high)
        return high


def smallest(bench: Bench, rated: torch.Tensor) -> Smallest:
    """The smallest top-s of `rated`, (P,), whose recovery reaches `graft.recover`.

    Recovery is taken to grow with s, which holds but for noise. Raises ConfigError where all
    weights together do not reach it.
    """
    wanted = bench.config.recover
    _refuse_untuned(bench)
    tries = Tries(bench, rated)
    size, seen, full = tries.least(wanted), tries.outcomes, tries.full
    bounds = interval(seen[size], full)
    low_end, high_end = (100 * end for end in bounds)
    bench.session.emit.log(
        f"smallest: {size:,} weights recover {100 * tries.recovery(size):.1f} % "
        f"(95 % interval {low_end:.1f} to {high_end:.1f})"
    )
    least, most = sizes(lambda s: tries.reaching(s, wanted), list(seen), size)
    tried = {s: _ratio(outcome, full) for s, outcome in sorted(seen.items())}
    return Smallest(size, tries.recovery(size), *bounds, tried, least, most)


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


def sizes(share: Callable[[int], float], tried: Sequence[int], size: int) -> tuple[int, int]:
    """95 % percentile interval of the smallest size, over resampled test rows: the smallest sizes
    at which at least 2.5 % and 97.5 % of the samples reach what is wanted, to within 10 %.

    `share`: of a size, which part of the samples does; taken to grow with it. `tried`: sizes to
    begin from, the largest of which counts as enough.
    """
    least, most = (_first(share, sorted(tried), part) for part in _ENDS)
    return min(least, size), max(most, size)


def _first(share: Callable[[int], float], tried: Sequence[int], part: float) -> int:
    high = next((s for s in tried[:-1] if share(s) >= part), tried[-1])
    low = max((s for s in tried if s < high), default=0)
    while high > max(low + 1, 1.1 * low):
        middle = max(low + 1, min(high - 1, round((max(low, 1) * high) ** 0.5)))
        low, high = (low, middle) if share(middle) >= part else (middle, high)
    return high


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
