"""The results of many runs in a registry, collected over seeds: what `compare --by` asks for.

Owns the reading of its options, and which fine-tuning a graft is paired with. What is a trial and
how groups are made is in trials.py and over_seeds.py.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract import catalog, schema
from engine.contract.kinds import kinds
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.filters import Filter, meets
from graftui.registry.store import Store
from graftui.results.groups import Collected
from graftui.results.over_seeds import SEEDS, collect
from graftui.results.side_by_side import flat
from graftui.results.trials import RUN_FIELDS, SCORE_FIELDS, Choice, Entry, Trial, trials


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `compare --by`, as typed."""

    by: str
    filters: Sequence[str] = ()
    best_on: str = "dev"
    over: str = "seeds"
    metric: str = ""
    """Empty: each task's own."""
    scores: str = ""
    """More scores to show, comma-separated."""


def collected(store: Store, request: Request) -> Collected:
    """The groups of `request`. Raises UsageError where there is none, or an unknown key."""
    by = _keys(request.by, "--by", {*RUN_FIELDS, *SCORE_FIELDS})
    over = SEEDS if request.over == "seeds" else _keys(request.over, "--over", set())
    extra = _listed(request.scores)
    conditions = [Filter.parse(text) for text in request.filters]
    of_score = [one for one in conditions if one.key in SCORE_FIELDS]
    matching = _matching(store, [one for one in conditions if one not in of_score])
    finished = [run for run in matching if run.status is RunStatus.finished]
    choice = Choice(request.best_on, request.metric, _metrics())
    entries = _entries(store, finished)
    found, left_out = trials(entries, choice)
    found = [one for one in found if all(meets(f, one.fields[f.key]) for f in of_score)]
    stages = [f for f in of_score if f.key == "stage"]
    left_out = [one for one in left_out if all(meets(f, one.stage) for f in stages)]
    _refuse_unknown(extra, found)
    made = collect(found, by, over)
    whole = Collected(
        by, over, request.best_on, made, extra, tuple(left_out), len(matching) - len(finished)
    )
    if not made:
        why = whole.notes or ("no finished run meets the filters",)
        raise UsageError(f"There is nothing to collect: {'; '.join(why)}.", _there(entries))
    return whole


def _there(entries: Sequence[Entry]) -> str:
    """What the options may name."""
    scores = [score for entry in entries for score in entry.scores]
    if not scores:
        return "`graftui ls -f status=finished` shows what there is."
    names = sorted({name for score in scores for name in score.scores})
    splits = sorted({score.split for score in scores})
    return f"--metric may be {', '.join(names)}; --best-on may be {', '.join(splits)}."


def _matching(store: Store, conditions: Sequence[Filter]) -> list[Run]:
    """The runs that meet all conditions; a setting that only fine-tunings have (`train.lr`) is for
    a graft that of the fine-tuning it is cut from.
    """
    tuning, own = (
        {setting.path for setting in schema.settings(kind)} for kind in ("finetune", "graft")
    )
    inherited = [one for one in conditions if one.key in tuning - own]
    found = store.list(where=[one for one in conditions if one not in inherited], sort="created")
    if not inherited:
        return found
    settings = {run.id: _tuning(store, run) for run in found}
    return [r for r in found if all(meets(one, settings[r.id].get(one.key)) for one in inherited)]


def _tuning(store: Store, run: Run) -> dict[str, Any]:
    origin = _origin(store, run) if run.kind == "graft" else run
    return flat(origin.config, origin.kind) if origin else {}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _keys(text: str, option: str, fields: set[str]) -> tuple[str, ...]:
    """The keys in `text`: settings, or `fields`."""
    paths = {setting.path for kind in kinds() for setting in schema.settings(kind)}
    found = _listed(text)
    for key in found:
        if key not in fields | paths:
            near = difflib.get_close_matches(key, fields | paths, n=1)
            mean = f"Did you mean {near[0]}? " if near else ""
            known = ", ".join([*sorted(fields), "every setting, such as train.lr"])
            raise UsageError(f"{option}: there is no key {key!r}.", f"{mean}Known: {known}.")
    if not found:
        raise UsageError(f"{option} names no key.", "Write it as in --by task.name,graft.sparsity.")
    return found


def _refuse_unknown(names: Sequence[str], found: Sequence[Trial]) -> None:
    known = sorted({name for trial in found for name in trial.scores})
    for name in names:
        if found and name not in known:
            hint = f"Known: {', '.join(known)}."
            raise UsageError(f"--scores: no run has a score {name!r}.", hint)


def _metrics() -> dict[str, str]:
    try:
        return {name: spec.metric for name, spec in catalog.tasks().items()}
    except catalog.CatalogError as error:
        raise UsageError(str(error), "Mend that block, or move the file away.") from None


def _entries(store: Store, runs: Sequence[Run]) -> list[Entry]:
    origins = {run.id: _origin(store, run) for run in runs if run.kind == "graft"}
    known = [origin.id for origin in origins.values() if origin]
    scores = store.scores(list({*known, *(run.id for run in runs)}))
    found = []
    for run in runs:
        origin = origins.get(run.id)
        found.append(Entry(run, scores[run.id], origin, scores[origin.id] if origin else ()))
    return found


def _origin(store: Store, run: Run) -> Run | None:
    """The fine-tuning that a graft is cut from, while the registry has it."""
    parent = store.find(run.parent) if run.parent else None
    digest = run.config.get("finetuned", {}).get("config_hash")
    return parent or (store.finished_with(digest) if digest else None)
