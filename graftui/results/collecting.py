"""The results of many runs in a registry, collected over seeds: what `compare --by` asks for.

Owns the reading of its options, and which run another is paired with. What is a trial and
how groups are made is in trials.py and over_seeds.py.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from engine.contract import catalog, schema
from engine.contract.kinds import kinds
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.query.sql import figures
from graftui.registry.query.tree import EVERYTHING, Query
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results import by_key
from graftui.results.chart import Chart
from graftui.results.group_charts import charts
from graftui.results.groups import Collected
from graftui.results.over_seeds import DRAWN_BY, IMPLIED, SEEDS, collect
from graftui.results.peers import MAKES, telling
from graftui.results.side_by_side import flat
from graftui.results.trials import Choice, Entry, Trial, trials


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `compare --by`, as typed."""

    by: str
    where: Query = EVERYTHING
    """The runs to collect."""
    best_on: str = "dev"
    over: str = "seeds"
    metric: str = ""
    """Empty: each task's own."""
    scores: str = ""
    """More scores to show, comma-separated."""


def collected(store: Store, request: Request) -> Collected:
    """The groups of `request`. Raises UsageError where there is none, or an unknown key."""
    names = partial(figures, store.db)
    by = by_key.by(keys_of(request.by, "--by"), request.by, names)
    over = seeds_of(request.over)
    extra = keys_of(request.scores)
    wanted = by_key.selection(unarchived(request.where), names)
    runs = store.list(where=wanted.in_sql, sort="created")
    entries = [entry for entry in entries_of(store, runs) if wanted.of_run(by_key.row_of(entry))]
    finished = [entry for entry in entries if entry.run.status is RunStatus.finished]
    pending = [entry for entry in entries if entry.run.status is not RunStatus.finished]
    choice = Choice(request.best_on, request.metric, _metrics())
    scored, left_out = by_key.chosen(finished, choice, wanted, by)
    _refuse_unknown(extra, scored)
    if request.over == "seeds":
        over += tuple(seed for seed in DRAWN_BY if any(seed in trial.fields for trial in scored))
    keys = tuple(dict.fromkeys(key.name for key in by))
    made = collect(scored, keys, over)
    unfinished = sum(wanted.of_run_to_be(by_key.row_of(entry)) for entry in pending)
    whole = Collected(keys, over, request.best_on, made, extra, tuple(left_out), unfinished)
    if not made:
        why = whole.notes or ("no finished run meets the filters",)
        raise UsageError(f"There is nothing to collect: {'; '.join(why)}.", _there(finished))
    return whole


def by_size(entries: Sequence[Entry], intervals: bool = False) -> tuple[Chart, ...]:
    """Scores of `entries` over the sizes of their grafts: a curve for each localizer, and for each
    other setting that tells them apart; whole models are levels. `intervals`: bands are those of
    the mean, not a deviation.
    """
    # Each seed of a curve has one trial: nothing is chosen, so nothing by the test set.
    made, _ = trials(entries, Choice(best_on="test", metrics=_metrics()))
    by = tuple(dict.fromkeys(("graft.localizer", *telling(entries))))
    own = [key for key in by if key not in (*IMPLIED, MAKES)]
    return charts(collect(made, own), own, intervals)


def _there(entries: Sequence[Entry]) -> str:
    """What the options may name."""
    scores = [score for entry in entries for score in entry.scores]
    if not scores:
        return "`graftui ls -f status=finished` shows what there is."
    names = sorted({name for score in scores for name in score.scores})
    splits = sorted({score.split for score in scores})
    return f"--metric may be {', '.join(names)}; --best-on may be {', '.join(splits)}."


def keys_of(text: str, option: str = "") -> tuple[str, ...]:
    """The parts of `text`, between commas; at least one where an `option` must have it, else
    UsageError.
    """
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if option and not parts:
        raise UsageError(f"{option} names no key.", "Write it as in --by task.name,graft.sparsity.")
    return parts


def seeds_of(text: str) -> tuple[str, ...]:
    """The settings that `text` names; "seeds" stands for those of data, train and graft, and where
    runs have them those that they alone draw by.

    Raises UsageError for what is no setting.
    """
    if text == "seeds":
        return SEEDS
    paths = {setting.path for kind in kinds() for setting in schema.settings(kind)}
    for key in (names := keys_of(text, "--over")):
        if key not in paths:
            near = difflib.get_close_matches(key, paths, n=1)
            mean = f"Did you mean {near[0]}? " if near else ""
            hint = f"{mean}Known: every setting, such as train.seed."
            raise UsageError(f"--over: there is no setting {key!r}.", hint)
    return names


def _refuse_unknown(names: Sequence[str], trials: Sequence[Trial]) -> None:
    known = sorted({name for trial in trials for name in trial.scores})
    for name in names:
        if trials and name not in known:
            hint = f"Known: {', '.join(known)}."
            raise UsageError(f"--scores: no run has a score {name!r}.", hint)


def _metrics() -> dict[str, str]:
    try:
        return {name: spec.metric for name, spec in catalog.tasks().items()}
    except catalog.CatalogError as error:
        raise UsageError(str(error), "Mend that block, or move the file away.") from None


def entries_of(store: Store, runs: Sequence[Run]) -> list[Entry]:
    """Each with its scores, and with the first run that it is made from."""
    origins = {run.id: _origin(store, run) for run in runs}
    known = [origin.id for origin in origins.values() if origin]
    scores = store.scores(list({*known, *(run.id for run in runs)}))
    entries = []
    for run in runs:
        origin = origins.get(run.id)
        entries.append(Entry(run, scores[run.id], origin, scores[origin.id] if origin else ()))
    return entries


def _origin(store: Store, run: Run) -> Run | None:
    """The first run that it is made from, while the registry has it."""
    if run.parent and (parent := store.find(run.parent)):
        return parent
    entry = kinds().get(run.kind)
    settings = flat(run.config, run.kind)
    digests = [settings.get(role.digest) for role in entry.roles if role.digest] if entry else []
    return store.finished_with(digests[0]) if digests and isinstance(digests[0], str) else None
