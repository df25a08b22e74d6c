"""Trials: sets of weights with a score to choose them by and scores to report.

Owns what counts as one trial, and which settings had a part in its weights. Says which runs
cannot take part, and why. Reads no registry.
"""

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract import kinds as contract
from graftui import kinds
from graftui.kinds import Stage
from graftui.measured import Score
from graftui.models import Run
from graftui.results.figures import is_test, metric_of
from graftui.results.side_by_side import used

RUN_FIELDS = ("id", "name", "kind", "recipe", "tag")
SCORE_FIELDS = ("stage", "sparsity", "split", "metric")


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished run, with the first run that it is made from."""

    run: Run
    scores: Sequence[Score]
    origin: Run | None = None
    """Of a graft the fine-tuning that it is cut from, where that is known."""
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
    order = sorted(entries, key=lambda e: (_scores_own(e.run), e.run.created_at, e.run.id))
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


def _scores_own(run: Run) -> bool:
    return not any(stage.of for stage in kinds.shown(run.kind).stages)


def _chosen_by(entry: Entry, score: Score, choice: Choice) -> float | None:
    """The metric on `choice.best_on`: of the pretrained model, that of what it was tuned to, and
    of a model without a graft, that of the graft.
    """
    stage = _stage(entry, score)
    metric = choice.metric_for(entry.run, score)
    at = {
        candidate.what: candidate.scores.get(metric)
        for candidate in (*(entry.origin_scores if stage.whole else ()), *entry.scores)
        if (candidate.split, candidate.sparsity) == (choice.best_on, score.sparsity)
    }
    judges = stage.judged_by or (score.what,)
    value = next((at[judge] for judge in judges if judge in at), None)
    owner = entry.origin if stage.of else entry.run
    if value is None and choice.best_on == "dev" and owner and _is_dev_of(owner, judges):
        # The summary holds the task's own metric.
        value = owner.summary.get("dev") if metric == choice.own(entry.run, score) else None
    return value if value is not None and math.isfinite(value) else None


def _stage(entry: Entry, score: Score) -> Stage:
    return kinds.stage_of(entry.run.kind, score.what)


def _is_dev_of(run: Run, stages: Sequence[str]) -> bool:
    return kinds.shown(run.kind).dev_of in stages


def _fields(entry: Entry, score: Score, metric: str) -> dict[str, Any]:
    run, origin, stage = entry.run, entry.origin, _stage(entry, score)
    own = used(run.config, run.kind)
    tuning = used(origin.config, origin.kind) if origin else {}
    settings = {**own, **tuning} if stage.whole else {**tuning, **own}
    if stage.localizer:
        settings["graft.localizer"] = own[stage.localizer]
    no_part = _no_part(run.kind)
    had_part = {
        path: value
        for path, value in settings.items()
        if path not in no_part and _has_part(path, run.kind, stage)
    }
    return {
        **had_part,
        **_labelled(run.kind, score),
        "id": run.id, "name": run.name, "kind": run.kind, "recipe": run.recipe,
        "tag": " ".join(run.tags), "stage": score.what, "sparsity": score.sparsity,
        "split": score.split, "metric": metric,
    }  # fmt: skip


def _labelled(kind: str, score: Score) -> dict[str, Any]:
    """Its labels as values of the settings that they are of."""
    paths = kinds.shown(kind).labels
    return {paths[name][0]: value for name, value in score.labels.items() if name in paths}


def _no_part(kind: str) -> set[str]:
    """Settings that say which runs it is made from, and those that labels stand for: which
    sparsities a run went through had no part in any graft, each is one of its own.
    """
    return sources_of(kind).union(*kinds.shown(kind).labels.values())


def sources_of(kind: str) -> set[str]:
    """Settings of a kind that say which runs one of it is made from."""
    entry = contract.kinds().get(kind)
    return {role.digest for role in entry.roles} if entry else set()


def _has_part(path: str, kind: str, stage: Stage) -> bool:
    """Whether a setting had a part in the weights of that stage of a run of `kind`."""
    return not stage.of or not path.startswith(f"{kind}.") or path in stage.settings


def _weights(entry: Entry, score: Score, fields: Mapping[str, Any]) -> Hashable:
    """The same for the same set of weights on the same rows."""
    run, stage = entry.run, _stage(entry, score)
    coordinates = (score.what, score.sparsity, score.split)
    if not stage.of:
        return run.id, coordinates
    given = next((given.source for given in run.inputs if given.role == stage.of), run.id)
    origin = entry.origin.id if entry.origin else given
    if stage.whole:
        return origin, coordinates
    patch = {path: value for path, value in fields.items() if path not in RUN_FIELDS}
    return origin, coordinates, json.dumps(patch, sort_keys=True)


def _task(run: Run) -> str:
    return str(run.config.get("task", {}).get("name", ""))
