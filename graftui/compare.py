"""Runs side by side: the settings that differ, then the scores. Pure functions over rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graftui.models import Run, Score

# What a run was given or made of, not what it was asked to do.
_NO_SETTINGS = ("kind", "finetuned.path")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Each row holds one value a run, None where it has none."""

    runs: tuple[Run, ...]
    settings: dict[str, tuple[Any, ...]]
    """Settings on which the runs differ."""
    scores: dict[str, tuple[float | None, ...]]
    """`stage score`, and `@sparsity` where a run holds several grafts."""


def flat(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A stored config as path -> value, a top-level field named after its kind."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": inner for name, inner in value.items()}
        elif key != "kind":
            found[f"{kind}.{key}"] = value
    return {path: value for path, value in found.items() if path not in _NO_SETTINGS}


def compare(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> Comparison:
    """`runs` side by side; `scores` by run id, of which those on the test rows count."""
    configs = [flat(run.config, run.kind) for run in runs]
    paths = dict.fromkeys(path for config in configs for path in config)
    rows = {path: tuple(config.get(path) for config in configs) for path in paths}
    differing = {p: row for p, row in rows.items() if any(value != row[0] for value in row)}
    named = [_named(scores.get(run.id, ())) for run in runs]
    names = dict.fromkeys(name for one in named for name in one)
    return Comparison(
        tuple(runs), differing, {name: tuple(one.get(name) for one in named) for name in names}
    )


def _named(scores: Sequence[Score]) -> dict[str, float]:
    tested = [score for score in scores if score.split == "test"]
    several = len({score.sparsity for score in tested} - {None}) > 1
    found: dict[str, float] = {}
    for score in tested:
        at = f"@{score.sparsity:g}" if several and score.sparsity is not None else ""
        found |= {f"{score.stage}{at} {name}": value for name, value in score.scores.items()}
    return found
