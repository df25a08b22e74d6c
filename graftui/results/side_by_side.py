"""Runs side by side: the settings that differ, then the scores. Pure functions over rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.contract.migrations import GONE
from graftui import kinds
from graftui.measured import Score
from graftui.models import Run
from graftui.results.figures import is_test, localizer, stage_title

# What a run was given or made of, not what it was asked to do; and what decides nothing any more.
_NO_SETTINGS = ("kind", "finetuned.path", *GONE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Each row holds one value a run, None where it has none."""

    runs: tuple[Run, ...]
    settings: dict[str, tuple[Any, ...]]
    """Settings on which the runs differ."""
    scores: dict[str, tuple[float | None, ...]]
    """`stage score`; `stage@sparsity score` where a run holds several grafts; the test set stands
    between the two unless it is plain "test"."""
    titles: dict[str, str]
    """The same names in words, a graft called by its localizer."""
    same: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Settings that all runs share."""


def flat(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A stored config as path -> value, a top-level field named after its kind."""
    settings: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            for name, inner in value.items():
                settings[f"{key}.{name}"] = inner
        elif key not in ("version", "kind"):
            settings[f"{kind}.{key}"] = value
    for alone, *several in kinds.shown(kind).labels.values():
        if any(map(settings.get, several)):
            settings.pop(alone, None)  # not used
    for path in _NO_SETTINGS:
        settings.pop(path, None)
    return settings


def used(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The same without what the run makes no use of."""
    unused = {
        name if "." in name else f"{kind}.{name}" for name in kinds.shown(kind).unused(config)
    }
    return {path: value for path, value in flat(config, kind).items() if path not in unused}


def compare(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> Comparison:
    """`runs` side by side; `scores` by run id, of which those on test sets count."""
    configs = [used(run.config, run.kind) for run in runs]
    paths = dict.fromkeys(path for config in configs for path in config)
    rows = {path: tuple(config.get(path) for config in configs) for path in paths}
    differing = {p: row for p, row in rows.items() if any(value != row[0] for value in row)}
    tested = [[s for s in scores.get(run.id, ()) if is_test(s.split)] for run in runs]
    # Next to a curve, the graft of a run that has one alone finds its place by its sparsity.
    curve = any(len({score.sparsity for score in run_scores} - {None}) > 1 for run_scores in tested)
    named = [_named(run_scores, curve) for run_scores in tested]
    names = dict.fromkeys(name for run_scores in named for name in run_scores)
    chosen_by = localizer(score for run_scores in tested for score in run_scores)
    return Comparison(
        tuple(runs),
        differing,
        {name: tuple(run_scores.get(name) for run_scores in named) for name in names},
        {name: _words(name, chosen_by) for name in names},
        {path: row for path, row in rows.items() if path not in differing},
    )


def _named(tested: Sequence[Score], curve: bool) -> dict[str, float]:
    named: dict[str, float] = {}
    for score in tested:
        at = f"@{score.sparsity:g}" if curve and score.sparsity is not None else ""
        on = "" if score.split == "test" else f" {score.split}"
        values = score.scores
        if score.sparsity is not None and "weights" in values:  # asked for, and reached
            size = {"sparsity": score.sparsity, "weights": values["weights"]}
            values = {**size, **values}
        named |= {f"{score.what}{at}{on} {name}": value for name, value in values.items()}
    return named


def _words(name: str, chosen_by: str) -> str:
    stage = re.split("[@ ]", name)[0]
    known = kinds.stages().get(stage)
    in_words = "[" in stage or (known and known.named_by_localizer)
    called = stage_title(stage, chosen_by) if in_words else stage
    return f"{called}{name[len(stage) :]}".replace("_", " ")
