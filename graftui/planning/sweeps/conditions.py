"""What is asked of a cell before anything of it is planned: whether its settings meet a query.

    --skip "train.optimizer = adamw and train.l1 = 0"      no cell
    --cells "graft.localizer = learnt"                     of those that are there

Owns what the settings of a cell are: those of all parts of its recipe, defaults too. Refuses words,
and keys of what only a run has.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.contract import schema
from graftui import kinds
from graftui.models import Run
from graftui.planning import overrides
from graftui.planning.inputs import inherit
from graftui.planning.overrides import Override
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps.axes import Point
from graftui.registry.query import keys, twin
from graftui.registry.query.expressions import Expression, Row, stored
from graftui.registry.query.grammar import parse
from graftui.registry.query.keys import Key
from graftui.registry.query.pointing import bad_query
from graftui.registry.query.tree import Query, Span, Word, all_of, leaves

_NO_RUN = Run(id="", name="", kind="", config={}, config_hash="", created_at=0.0)
_SHORT = {"task": "task.name", "model": "model.name"}
"""Columns of lists of runs that are settings."""
_CURVES = {alone: several for entry in kinds.entries() for alone, *several in entry.labels.values()}
"""Setting -> those that list several of its values."""


@dataclass(frozen=True, slots=True)
class CellRow(Row):
    """A cell, as a query sees it: it has settings, and no run yet."""

    settings: Mapping[str, Any] = field(default_factory=dict)


class CellSettings:
    """Of each cell of a sweep, the settings of all parts; of one that several have, the last
    part's.
    """

    def __init__(self, recipe: Recipe, sets: Sequence[Override]) -> None:
        """Raises UsageError for a setting that there is not."""
        parts = copy.deepcopy(recipe.parts)
        overrides.put(parts, recipe.kinds, recipe.source, sets)
        inherit(parts, recipe.kinds, recipe.inputs)
        self._kinds = recipe.kinds
        self._same: dict[str, Any] = {}
        for part, raw in parts.items():
            for setting in schema.settings(recipe.kinds[part]):
                value = overrides.value_in(raw, setting.keys)
                self._same[setting.path] = setting.default if value is None else value

    def of(self, point: Point) -> dict[str, Any]:
        """Path -> value."""
        settings = dict(self._same)
        for path, value in point.items():
            for _, setting in overrides.reached(path, self._kinds):
                settings[setting.path] = value
        return settings

    def meeting(self, queries: Sequence[str]) -> Callable[[Point], bool]:
        """Whether a cell meets one of `queries`. Raises UsageError for what no cell has."""
        tests = [twin.predicate(_readable(text), _find) for text in queries]
        if not tests:
            return lambda point: False
        return partial(self._met, tests)

    def _met(self, tests: Sequence[twin.Predicate], point: Point) -> bool:
        row = CellRow(_NO_RUN, settings=self.of(point))
        return any(test(row) for test in tests)


def _readable(text: str) -> Query:
    query = all_of(parse(text, in_option=True))
    for leaf in leaves(query):
        if isinstance(leaf, Word):
            raise bad_query(
                f"{leaf.text!r} is no condition.",
                "A cell is chosen by its settings, as in graft.localizer=learnt.",
                leaf.span,
            )
    return query


def _find(name: str, span: Span | None) -> Key:
    key = keys.find(_SHORT.get(name, name), tuple, span)
    if not key.is_setting:
        raise bad_query(
            f"A cell has no {name}: it is no run yet.",
            "It is chosen by its settings, as in graft.localizer=learnt.",
            span,
        )
    read = partial(_several if key.many else _value, key.name)
    return Key(key.name, Expression("", read), is_setting=True, many=key.many)


def _value(path: str, row: Row) -> Any:
    return stored(row.settings.get(path)) if isinstance(row, CellRow) else None


def _several(path: str, row: Row) -> Any:
    """All of a curve, such as its sparsities, or the one value."""
    settings = row.settings if isinstance(row, CellRow) else {}
    curve = next(filter(None, map(settings.get, _CURVES.get(path, ()))), [settings.get(path)])
    return [stored(value) for value in curve]
