"""The axes of a sweep: settings, each with the values that it takes, and the points of their grid.

    task.data_seed=13,21,42                values are typed as `--set` types them
    graft.sparsities=[1e-4,1e-3],[1e-2]    lists and tables each in their brackets
    task.prompt="a, b",c                   quotes hold a value with commas together

    [sweep.axes]                           the same in a recipe: each with each
    task.data_seed = [13, 21, 42]
    [sweep.zip]                            these go together: the first with the first
    task.k = [16, 64]
    train.steps = [400, 1600]
    [sweep]
    skip = "task.k = 64 and train.lr > 0.1"
    random = 20                            so many points of the grid, drawn by `seed`
    seed = 0

Owns how axes are written, and which points they come to. What a point's settings mean together is
in conditions.py. Refuses a value that is given twice, and grids beyond use.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.contract.schema import Setting
from graftui.errors import UsageError
from graftui.planning import overrides, values
from graftui.planning.overrides import Raw

Point = dict[str, Any]
"""Setting -> value: where a cell stands."""
Values = dict[str, tuple[Any, ...]]
"""Setting -> the values that it takes."""

MOST = 100_000
"""Cells of a sweep."""
_TRIES = 100
"""Points that are drawn for one that is kept, before that is given up."""
_ITEM = re.compile(
    r"""\s*('[^'\n]*'|"(?:[^"\\\n]|\\.)*"|"""
    r"""[\[{](?:'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|[^\]}'"])*[\]}]|[^,]*?)\s*(?:,|$)"""
)
_HOW = "Write it as setting=value,value: --grid task.data_seed=13,21,42"


@dataclass(frozen=True, slots=True)
class Axes:
    """What varies in a sweep."""

    grid: Values = field(default_factory=dict)
    """Each value with each of the others'."""
    together: Values = field(default_factory=dict)
    """The first value of one with the first of the others."""
    skip: tuple[str, ...] = ()
    """Queries: a point that meets one of them is no cell."""
    random: int = 0
    """So many points, drawn from the grid; 0: all of them."""
    seed: int = 0
    """Of the draw."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The settings that vary."""
        return (*self.grid, *self.together)


def parse(texts: Sequence[str], kinds: Mapping[str, str], option: str) -> Values:
    """The axes in texts such as "train.lr=1e-3,1e-2", for a recipe's parts. Raises UsageError."""
    axes: Values = {}
    for text in texts:
        path, equals, listed = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise UsageError(f"{option} {text!r} is no setting with its values.", _HOW)
        if path in axes:
            raise UsageError(f"{option} {path} is given twice.", "Give all its values at once.")
        setting = overrides.setting_of(path, kinds, option)
        try:
            axes[path] = tuple(typed(setting, item) for item in _items(listed))
        except ValueError as error:
            raise UsageError(f"{option} {text}: {error}.", _HOW) from None
    return axes


def _items(text: str) -> Iterator[str]:
    at = 0
    while at <= len(text):
        item = _ITEM.match(text, at)
        if item is None or not item[1]:
            raise ValueError("a value is missing")
        yield item[1]
        if not item[0].endswith(","):
            return
        at = item.end()


def several(setting: Setting, text: str) -> tuple[str, ...]:
    """The values in a text in which there may be several, each as it is typed. What is a list or a
    table without brackets around each value is one. Raises ValueError where a value is missing.
    """
    items = tuple(_items(text.strip())) if "," in text else ()
    bracketed = all(item[0] in "[{" for item in items)
    return items if items and (bracketed or setting.type not in ("list", "table")) else (text,)


def single(setting: Setting, value: Any) -> str:
    """A value as it is typed where there may be several: a text with commas in quotes."""
    prose = setting.type == "text" and "," in str(value)
    return values.quoted(str(value)) if prose else values.written(value)


def typed(setting: Setting, item: str) -> Any:
    """A value of an axis. Raises ValueError."""
    if setting.type in ("list", "table") and item[0] not in "[{":
        example = "[1e-4,1e-3],[1e-2]" if setting.type == "list" else "{0 = bad},{0 = awful}"
        raise ValueError(f"each value is a {setting.type}, in brackets: {setting.path}={example}")
    return values.read(setting, item)


def of_recipe(table: Raw, name: str, kinds: Mapping[str, str]) -> Axes:
    """The axes in the [sweep] of a recipe. Raises UsageError."""
    table = dict(table)
    grid, together = (_flat(table.pop(key, {}), f"[sweep.{key}]", name) for key in ("axes", "zip"))
    for key, paths in (("axes", grid), ("zip", together)):
        for path in paths:
            overrides.setting_of(path, kinds, f"Recipe {name}: [sweep.{key}]")
    skip = table.pop("skip", [])
    skip = [skip] if isinstance(skip, str) else skip
    count, seed = table.pop("random", 0), table.pop("seed", 0)
    if table:
        raise UsageError(
            f"Recipe {name}: [sweep] has no {next(iter(table))!r}.",
            "It may have axes, zip, skip, random and seed.",
        )
    if not (isinstance(skip, list) and all(isinstance(query, str) for query in skip)):
        raise UsageError(f"Recipe {name}: [sweep] skip = {skip!r} is no query.", "Give text.")
    for word, number in (("random", count), ("seed", seed)):
        if type(number) is not int or number < 0:
            raise UsageError(
                f"Recipe {name}: [sweep] {word} = {number!r} is no whole number, 0 or more.",
                "Correct it, or leave it out.",
            )
    return checked(Axes(grid, together, tuple(skip), count, seed))


def _flat(table: Any, where: str, name: str, above: str = "") -> Values:
    """Tables within tables as paths, down to the lists."""
    if isinstance(table, list) and above and table:
        return {above: tuple(table)}
    if not isinstance(table, dict):
        raise UsageError(
            f"Recipe {name}: {where} {above} = {table!r} is no list of values.",
            "Write it as in: task.data_seed = [13, 21, 42]",
        )
    flat: Values = {}
    for key, inner in table.items():
        flat |= _flat(inner, where, name, f"{above}.{key}" if above else key)
    return flat


def merged(low: Axes, high: Axes) -> Axes:
    """What a recipe has, with what is typed over it: an axis for that of the same setting."""
    grid = {path: axis for path, axis in low.grid.items() if path not in high.together}
    together = {} if high.together else low.together
    together = {path: axis for path, axis in together.items() if path not in high.grid}
    return checked(
        Axes(
            {**grid, **high.grid}, {**together, **high.together}, (*low.skip, *high.skip),
            high.random or low.random, high.seed or low.seed,
        )
    )  # fmt: skip


def checked(axes: Axes) -> Axes:
    """`axes`, unless they cannot be a grid. Raises UsageError."""
    for path, axis in (*axes.grid.items(), *axes.together.items()):
        times = Counter(json.dumps(value, sort_keys=True) for value in axis)
        twice = next((value for value, given in times.items() if given > 1), None)
        if twice and path in axes.grid:
            raise UsageError(f"The axis {path} has {twice} twice.", "Give each value once.")
    if both := axes.grid.keys() & axes.together.keys():
        raise UsageError(f"{min(both)} is in the grid and goes together.", "Give it once.")
    lengths = {path: len(axis) for path, axis in axes.together.items()}
    if len(set(lengths.values())) > 1:
        told = [f"{path} has {length}" for path, length in lengths.items()]
        raise UsageError(
            f"Axes that go together need as many values each: {', '.join(told)}.",
            "Give each as many, or put them into the grid.",
        )
    return axes


def extended(axes: Axes, more: Values) -> Axes:
    """`axes` with more values; those that are there already change nothing. Raises UsageError."""
    if axes.random:
        raise UsageError(
            "This sweep drew its cells once, and a longer axis would draw others.",
            "Make another sweep: what is done already is done there too.",
        )
    for path in more:
        if path not in axes.paths:
            raise UsageError(
                f"{path} is no axis of this sweep.", f"Its axes are {', '.join(axes.paths)}."
            )
    grid = {path: _longer(axis, more.get(path, ())) for path, axis in axes.grid.items()}
    together = {path: (*axis, *more.get(path, ())) for path, axis in axes.together.items()}
    return checked(replace(axes, grid=grid, together=together))


def _longer(axis: tuple[Any, ...], more: tuple[Any, ...]) -> tuple[Any, ...]:
    told = {json.dumps(value): value for value in (*axis, *more)}
    return tuple(told.values())


def points(axes: Axes, kept: Callable[[Point], bool] = lambda point: True) -> list[Point]:
    """The points of the grid that are `kept`, the last axis varying fastest; or as many of them as
    are to be drawn. Raises UsageError where there are none, or too many.
    """
    rows = _rows(axes)
    total = math.prod(map(len, rows))
    if not axes.random and total > MOST:
        raise UsageError(
            f"The axes come to {total:,} cells; at most {MOST:,} are planned.",
            "Give fewer values, or draw some with --random N.",
        )
    if axes.random:
        made = _first(axes, rows, total, kept)
    else:
        made = [point for index in range(total) if kept(point := _point(rows, index))]
    if not made:
        raise UsageError("No cell is left: each point of the grid is skipped.", "See --skip.")
    return made


def _rows(axes: Axes) -> list[list[Point]]:
    """What can be chosen on each axis; those that go together are one."""
    rows = [[{path: value} for value in axis] for path, axis in axes.grid.items()]
    if axes.together:
        columns = zip(*axes.together.values(), strict=True)
        rows.append([dict(zip(axes.together, column, strict=True)) for column in columns])
    return rows


def _point(rows: Sequence[Sequence[Point]], index: int) -> Point:
    point: Point = {}
    for row in reversed(rows):
        index, at = divmod(index, len(row))
        point = {**row[at], **point}
    return point


def _first(
    axes: Axes, rows: Sequence[Sequence[Point]], total: int, kept: Callable[[Point], bool]
) -> list[Point]:
    """As many as are to be drawn."""
    made: list[Point] = []
    for tried, index in enumerate(_drawn(total, axes.seed)):
        if len(made) == axes.random or tried >= _TRIES * axes.random:
            break
        if kept(point := _point(rows, index)):
            made.append(point)
    return made


def _drawn(total: int, seed: int) -> Iterator[int]:
    """All numbers below `total`, each once, in an order that `seed` says."""
    source = random.Random(seed)
    if total <= MOST:
        yield from source.sample(range(total), total)
        return
    seen: set[int] = set()
    while len(seen) < total:
        if (index := source.randrange(total)) not in seen:
            seen.add(index)
            yield index
