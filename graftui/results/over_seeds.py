"""Collecting over seeds: of each seed's trials the best on dev, then their mean and spread.

Owns the groups and the statistics (as LM-BFF reports them). Which trials there are: trials.py.
"""

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graftui import kinds
from graftui.results.figures import LESS_IS_BETTER, stage_title
from graftui.results.trials import Trial

SEEDS = ("task.data_seed", "train.seed", "graft.seed")
DRAWN_BY = ("region.seed",)
"""Seeds of what some runs alone draw."""
IMPLIED = (
    "task.name", "model.name", "task.type", "task.k", "task.test_rows", "stage", "sparsity",
    "split", "metric",
)  # fmt: skip
"""Never averaged over: a mean of two of these would be the mean of nothing."""
# Not chosen on dev: what names a run, and where it is computed.
_NO_CHOICE = (
    "id", "name", "kind", "recipe", "tag", "graft.sparsity", "compute.device", "compute.threads",
    "compute.batch_tokens", "compute.save_logits",
)  # fmt: skip

Seeds = tuple[Any, ...]
"""A value for each setting that is collected over; None where it had no part in the weights."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One score over the seeds."""

    mean: float
    std: float | None
    """Sample standard deviation (n - 1); None for one value."""
    median: float
    n: int
    """Seeds that have this score."""


@dataclass(frozen=True, slots=True)
class Group:
    """The seeds of one cell of a table of results."""

    key: Mapping[str, Any]
    """The keys that were asked for, then the IMPLIED ones."""
    title: str
    """Its stage in words, a graft called by its localizer, if dev did not choose among several."""
    metric: str
    scores: Mapping[str, Spread]
    seeds: int
    short: tuple[int, int] | None
    """(2, 3): it has two of the seeds of which another group has three; None: none is missing."""
    trials: int
    a_seed: tuple[int, int]
    """Fewest and most trials of a seed."""
    runs: tuple[str, ...]
    """Ids of the chosen runs, in the order of their seeds."""
    chosen: Mapping[str, tuple[tuple[Any, int], ...]]
    """Setting in which the trials differ -> (value, seeds that chose it), the commonest first."""
    of_seeds: tuple[tuple[Seeds, Trial], ...] = ()
    """Of each seed the chosen trial."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What makes it hard to compare with other groups."""
        flags = [f"{self.short[0]} of {self.short[1]} seeds"] if self.short else []
        if self.a_seed[0] < self.a_seed[1]:
            flags.append(f"{self.a_seed[0]} to {self.a_seed[1]} trials a seed")
        return tuple(flags)


def collect(
    trials: Sequence[Trial], by: Sequence[str], over: Sequence[str] = SEEDS
) -> tuple[Group, ...]:
    """A group for each value of the keys `by`, in the order of those values."""
    keys = tuple(dict.fromkeys((*by, *IMPLIED)))
    cells: dict[str, list[Trial]] = {}
    for trial in trials:
        cells.setdefault(_text([trial.fields.get(key) for key in keys]), []).append(trial)
    best = {cell: _best_by_seed(trials_of, over) for cell, trials_of in cells.items()}
    every = {frozenset(chosen) for chosen in best.values()}
    groups = [
        _group(keys, over, trials_of, best[cell], _short(frozenset(best[cell]), every))
        for cell, trials_of in cells.items()
    ]
    return tuple(sorted(groups, key=lambda group: [_rank(group.key[key]) for key in keys]))


def shown(groups: Sequence[Group], by: Sequence[str]) -> tuple[str, ...]:
    """The keys that a reader needs: those asked for, those implied that tell groups apart, and the
    sparsity of grafts.
    """
    told = (*by, *(["sparsity"] if "graft.sparsity" in by else []))
    apart = [
        key for key in IMPLIED
        if key not in told
        and (len({_text(group.key[key]) for group in groups}) > 1
             or (key == "sparsity" and groups[0].key[key] is not None))
    ]  # fmt: skip
    return (*by, *apart)


def spread(values: Sequence[float]) -> Spread:
    """Mean, sample standard deviation and median of one value or more; all nan if one is."""
    n = len(values)
    if not all(map(math.isfinite, values)):
        return Spread(math.nan, math.nan if n > 1 else None, math.nan, n)
    std = statistics.stdev(values) if n > 1 else None
    return Spread(statistics.fmean(values), std, statistics.median(values), n)


def _best_by_seed(trials: Sequence[Trial], over: Sequence[str]) -> dict[Seeds, list[Trial]]:
    """Seeds -> their trials, the best first; the later one where two are as good."""
    by_seed: dict[Seeds, list[Trial]] = {}
    for trial in trials:
        by_seed.setdefault(tuple(trial.fields.get(path) for path in over), []).append(trial)
    sign = -1 if trials[0].metric in LESS_IS_BETTER else 1
    for of_seed in by_seed.values():
        of_seed.sort(key=lambda t: (sign * t.chosen_by, t.created_at, t.run), reverse=True)
    return dict(sorted(by_seed.items(), key=lambda item: [_rank(seed) for seed in item[0]]))


def _group(
    keys: Sequence[str],
    over: Sequence[str],
    trials: Sequence[Trial],
    by_seed: Mapping[Seeds, Sequence[Trial]],
    short: tuple[int, int] | None,
) -> Group:
    best = [of_seed[0] for of_seed in by_seed.values()]
    sizes = [len(of_seed) for of_seed in by_seed.values()]
    names = dict.fromkeys([best[0].metric, *sorted({name for t in best for name in t.scores})])
    localizers = {trial.fields.get("graft.localizer") or "learnt" for trial in best}
    return Group(
        key={key: best[0].fields.get(key) for key in keys},
        title=stage_title(
            best[0].fields["stage"], localizers.pop() if len(localizers) == 1 else ""
        ),
        metric=best[0].metric,
        scores={n: spread([t.scores[n] for t in best if n in t.scores]) for n in names},
        seeds=len(best),
        short=short,
        trials=len(trials),
        a_seed=(min(sizes), max(sizes)),
        runs=tuple(trial.run for trial in best),
        chosen=_chosen(trials, best, {*keys, *over, *_NO_CHOICE}),
        of_seeds=tuple(zip(by_seed, best, strict=True)),
    )


def _chosen(
    trials: Sequence[Trial], best: Sequence[Trial], settled: set[str]
) -> dict[str, tuple[tuple[Any, int], ...]]:
    """The settings that were chosen on dev, those `settled` otherwise left out."""
    chosen = {}
    for path in dict.fromkeys(path for trial in trials for path in trial.fields):
        if path in settled or len({_text(trial.fields.get(path)) for trial in trials}) == 1:
            continue
        counts = Counter(_text(trial.fields.get(path)) for trial in best)
        values = [(json.loads(text), count) for text, count in counts.items()]
        chosen[path] = tuple(sorted(values, key=lambda pair: (-pair[1], _rank(pair[0]))))
    return chosen


def _short(own: frozenset[Seeds], every: Iterable[frozenset[Seeds]]) -> tuple[int, int] | None:
    """Seeds it has and should have, by the group that has most more; None where none has.

    Counted by the seeds that matter to both: one fine-tuning may have many seeds of a mask.
    """
    pairs = [_counts(own, other) for other in every]
    has, should = max(pairs, key=lambda pair: pair[1] - pair[0])
    return (has, should) if should > has else None


def _counts(own: frozenset[Seeds], other: frozenset[Seeds]) -> tuple[int, int]:
    common = [
        index for index in range(len(next(iter(own))))
        if all(any(seeds[index] is not None for seeds in group) for group in (own, other))
    ]  # fmt: skip
    has, should = (
        len({tuple(seeds[index] for index in common) for seeds in group}) for group in (own, other)
    )
    return has, should


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _rank(value: Any) -> tuple[int, float, str]:
    """Nothing first, then numbers by size, then stages as they come about, then text."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    stages = list(kinds.stages())
    if isinstance(value, str) and (stage := value.partition("[")[0]) in stages:
        return 2, float(stages.index(stage)), value
    return 3, 0.0, value if isinstance(value, str) else _text(value)
