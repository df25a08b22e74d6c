"""What a key is of a trial: the same for what is collected by it and for what a filter asks of it.

Owns which keys are a trial's own (its stage, its sparsity), and which settings a run has from the
one it is made from, as a graft has from its fine-tuning; all others are those of its run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from engine.contract import schema
from engine.contract.kinds import kinds
from graftui.registry.query import keys, twin
from graftui.registry.query.expressions import Expression, Row, Value, stored
from graftui.registry.query.keys import Figures, Key
from graftui.registry.query.tree import Query, Span, all_of, asked_keys, conjuncts
from graftui.results.side_by_side import flat
from graftui.results.trials import SCORE_FIELDS, Choice, Entry, LeftOut, Trial, trials

_OF_TRIAL = frozenset((*SCORE_FIELDS, "graft.sparsity", "graft.localizer"))
"""Keys in which the trials of one run differ."""


@dataclass(frozen=True, slots=True)
class TrialRow(Row):
    """A run with one of its trials; without fields, the run as a whole."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the run, and of the first that it is made from."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """As in Trial."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A query, by what its parts can be asked of. All of them must hold."""

    in_sql: Query
    """Of a run as the registry has it."""
    of_run: twin.Predicate
    """Of a run together with the first that it is made from."""
    of_trial: twin.Predicate
    of_run_to_be: twin.Predicate
    """The part of `of_trial` that can be told before there is a trial."""
    of_stage: twin.Predicate
    """The part of `of_trial` that can be told of a run and a stage."""


def selection(query: Query, figures: Figures) -> Selection:
    """What `query` chooses. Raises UsageError for an unknown key, or a value it cannot have."""
    parts, from_source = conjuncts(query), inherited()
    of_trial = [part for part in parts if asked_keys(part) & _OF_TRIAL]
    of_run = [part for part in parts if part not in of_trial and asked_keys(part) & from_source]
    of_stage = [part for part in of_trial if asked_keys(part) & {*SCORE_FIELDS} <= {"stage"}]
    to_be = [part for part in of_stage if "stage" not in asked_keys(part)]

    def asked(some: Sequence[Query]) -> twin.Predicate:
        return twin.predicate(all_of(*some), partial(_find, figures))

    in_sql = all_of(*(part for part in parts if part not in (*of_trial, *of_run)))
    return Selection(in_sql, asked(of_run), asked(of_trial), asked(to_be), asked(of_stage))


def inherited() -> set[str]:
    """Settings that some run has from another: those of a fine-tuning that a graft lacks."""
    paths = {name: {setting.path for setting in schema.settings(name)} for name in kinds()}
    return {
        path
        for name, entry in kinds().items()
        for role in entry.roles
        for source in role.of
        if source in paths  # a role may be for runs of a kind that is not here
        for path in paths[source] - paths[name]
    }


def by(names: Sequence[str], text: str, figures: Figures) -> tuple[Key, ...]:
    """The keys `names` to collect by, which stand in `text`. Raises UsageError."""
    return tuple(_find(figures, name, _span(text, name)) for name in names)


def _span(text: str, name: str) -> Span:
    start = text.find(name)
    return Span(text, start, start + len(name))


def chosen(
    entries: Sequence[Entry], choice: Choice, wanted: Selection, keys_of_groups: Sequence[Key]
) -> tuple[list[Trial], list[LeftOut]]:
    """The trials of `entries` that meet `wanted`, with a field for each key that they are grouped
    by; and what cannot be one.
    """
    by_run = {entry.run.id: entry for entry in entries}
    made, left_out = trials(entries, choice)
    rows = [(trial, row_of(by_run[trial.run], trial.fields)) for trial in made]
    # A setting that had no part in a trial's weights has no value for it.
    more = [key for key in keys_of_groups if not key.is_setting]
    met = [_with(trial, row, more) for trial, row in rows if wanted.of_trial(row)]
    return met, [out for out in (_met(out, wanted, by_run) for out in left_out) if out.runs]


def _met(out: LeftOut, wanted: Selection, by_run: Mapping[str, Entry]) -> LeftOut:
    fields = {"stage": out.stage}
    runs = (id for id in out.runs if wanted.of_stage(row_of(by_run[id], fields)))
    return replace(out, runs=tuple(runs))


def _with(trial: Trial, row: Row, wanted: Sequence[Key]) -> Trial:
    missing = (key for key in wanted if key.name not in trial.fields)
    more = {key.name: _plain(key.value.of(row)) for key in missing}
    return replace(trial, fields={**trial.fields, **more}) if more else trial


def _plain(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def row_of(entry: Entry, fields: Mapping[str, Any] = MappingProxyType({})) -> TrialRow:
    """What is asked of an entry, or of a trial of it that has these fields."""
    run, origin = entry.run, entry.origin
    tuning = flat(origin.config, origin.kind) if origin else {}
    settings = {**tuning, **flat(run.config, run.kind)}
    return TrialRow(run, entry.scores, settings=settings, fields=fields)


def _find(figures: Figures, name: str, span: Span | None = None) -> Key:
    if name in SCORE_FIELDS:
        return Key(name, _of_trial(name), is_text=name != "sparsity")
    key = keys.find(name, figures, span)
    if key.is_setting:
        return replace(key, value=_of_setting(key))
    return key


def _of_trial(name: str) -> Expression:
    def of(row: Row) -> Value:
        return stored(row.fields.get(name)) if isinstance(row, TrialRow) else None

    return Expression("", of)


def _of_setting(key: Key) -> Expression:
    """The value that a trial has, or else its run, or else what that was cut from."""

    def of(row: Row) -> Any:
        if isinstance(row, TrialRow):
            # What sparsities a run went through is more than the setting of that name.
            known = (row.fields,) if key.many else (row.fields, row.settings)
            for values in known:
                if key.name in values:
                    return stored(values[key.name])
        return key.value.of(row)

    return Expression(key.value.sql, of)
