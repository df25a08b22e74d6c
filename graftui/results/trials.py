"""Trials: sets of weights with a score to choose them by and scores to report.

Owns what counts as one trial, and which settings had a part in its weights. Says which runs
cannot take part, and why. Reads no registry.
"""

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graftui.models import Run, Score
from graftui.results.figures import is_test, metric_of
from graftui.results.side_by_side import flat

RUN_FIELDS = ("id", "name", "kind", "recipe", "tag")
SCORE_FIELDS = ("stage", "sparsity", "split", "metric")
_WHOLE = ("pretrained", "finetuned")
_OF_GRAFT = ("learnt_graft", "knocked_out", "knocked_out_random")
"""Stages of one run's own graft: every setting had a part, and no other run has it."""
_CHOSEN_WITH = {
    "pretrained": ("finetuned",),
    "knocked_out": ("learnt_graft", "base_patch"),
    "knocked_out_random": ("learnt_graft", "base_patch"),
}
"""Stage -> the stage whose score it is chosen by; the first that the run has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished run, with the fine-tuning that it started from."""

    run: Run
    scores: Sequence[Score]
    origin: Run | None = None
    """The fine-tuning that a graft is cut from, where it is known."""
    origin_scores: Sequence[Score] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of weights on one test set."""

    run: str
    """Id of the run that scored it."""
    created_at: float
    fields: Mapping[str, Any]
    """RUN_FIELDS, SCORE_FIELDS, and the settings that had a part in the weights."""
    chosen_by: float
    """The metric on the rows that trials are chosen by."""
    scores: Mapping[str, float]
    """On the test set; holds the metric."""

    @property
    def metric(self) -> str:
        """Name of the score that counts."""
        return str(self.fields["metric"])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Runs whose scores of one stage cannot take part."""

    stage: str
    why: str
    runs: tuple[str, ...]
    """Their ids."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What trials are judged by."""

    best_on: str = "dev"
    """The split that they are chosen by."""
    metric: str = ""
    """Name of a score; empty: the metric of each task."""
    metrics: Mapping[str, str] | None = None
    """Task -> its metric; one that is not there is judged by what its scores hold."""

    def metric_for(self, run: Run, score: Score) -> str:
        """The score that counts for that task."""
        return self.metric or self.own(run, score)

    def own(self, run: Run, score: Score) -> str:
        """The metric of the task."""
        return (self.metrics or {}).get(_task(run)) or metric_of(score.scores)


def trials(entries: Sequence[Entry], choice: Choice) -> tuple[list[Trial], list[LeftOut]]:
    """All trials of `entries`, and what cannot be one.

    A graft's run scores the fine-tuned model again; that is no second trial of it, nor is the
    base patch of one fine-tuning under another seed of the mask.
    """
    by_weights: dict[Hashable, Trial] = {}
    missing: dict[tuple[str, str], dict[str, None]] = {}
    # What the fine-tuning says itself comes last, and stays.
    order = sorted(entries, key=lambda e: (e.run.kind == "finetune", e.run.created_at, e.run.id))
    for entry in order:
        for score in entry.scores:
            if not is_test(score.split):
                continue
            metric = choice.metric_for(entry.run, score)
            value = _chosen_by(entry, score, choice)
            if metric not in score.scores or value is None:
                split = choice.best_on if metric in score.scores else score.split
                ids = missing.setdefault((score.what, f"no {metric} on {split}"), {})
                ids[entry.run.id] = None
                continue
            fields = _fields(entry, score, metric)
            by_weights[_weights(entry, score, fields)] = Trial(
                entry.run.id, entry.run.created_at, fields, value, score.scores
            )
    left_out = [LeftOut(stage, why, tuple(ids)) for (stage, why), ids in sorted(missing.items())]
    return list(by_weights.values()), left_out


def _chosen_by(entry: Entry, score: Score, choice: Choice) -> float | None:
    """The metric on `choice.best_on`: of the pretrained model, that of what it was tuned to, and
    of a model without a graft, that of the graft.
    """
    whole = score.what in _WHOLE
    metric = choice.metric_for(entry.run, score)
    at = {
        candidate.what: candidate.scores.get(metric)
        for candidate in (*(entry.origin_scores if whole else ()), *entry.scores)
        if (candidate.split, candidate.sparsity) == (choice.best_on, score.sparsity)
    }
    stages = _CHOSEN_WITH.get(score.what, (score.what,))
    value = next((at[stage] for stage in stages if stage in at), None)
    tuning = entry.origin or entry.run
    if value is None and whole and choice.best_on == "dev" and tuning.kind == "finetune":
        # The summary holds the task's own metric.
        value = tuning.summary.get("dev") if metric == choice.own(entry.run, score) else None
    return value if value is not None and math.isfinite(value) else None


def _fields(entry: Entry, score: Score, metric: str) -> dict[str, Any]:
    run, origin = entry.run, entry.origin
    own = flat(run.config, run.kind)
    tuning = flat(origin.config, origin.kind) if origin else {}
    settings = {**own, **tuning} if score.what in _WHOLE else {**tuning, **own}
    if score.what == "base_patch":  # which is what chose its weights
        settings["graft.localizer"] = own["graft.base_patch"]
    return {
        **{path: value for path, value in settings.items() if _has_part(path, score.what)},
        **({"graft.sparsity": score.sparsity} if score.sparsity is not None else {}),
        "id": run.id, "name": run.name, "kind": run.kind, "recipe": run.recipe,
        "tag": " ".join(run.tags), "stage": score.what, "sparsity": score.sparsity,
        "split": score.split, "metric": metric,
    }  # fmt: skip


def _has_part(path: str, stage: str) -> bool:
    """Whether a setting had a part in the weights of that stage.

    Which sparsities a run went through has none: each is a graft of its own.
    """
    if path in ("graft.sparsity", "graft.sparsities") or path.startswith("finetuned."):
        return False
    if stage in _OF_GRAFT or not path.startswith("graft."):
        return True
    return stage == "base_patch" and path in ("graft.base_patch", "graft.localizer")


def _weights(entry: Entry, score: Score, fields: Mapping[str, Any]) -> Hashable:
    """The same for the same set of weights on the same rows."""
    run = entry.run
    coordinates = (score.what, score.sparsity, score.split)
    if run.kind == "finetune" or score.what in _OF_GRAFT:
        return run.id, coordinates
    source = run.config.get("finetuned", {}).get("path")
    origin = entry.origin.id if entry.origin else run.parent or source or run.id
    if score.what in _WHOLE:
        return origin, coordinates
    patch = {path: value for path, value in fields.items() if path not in RUN_FIELDS}
    return origin, coordinates, json.dumps(patch, sort_keys=True)


def _task(run: Run) -> str:
    return str(run.config.get("task", {}).get("name", ""))
