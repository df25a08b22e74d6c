"""The tables and figures of the paper that grafting comes from, as sweeps.

    data/paper/NAME.toml
    title, claim, source    what it shows; what the paper says of it, and where that stands
    [recipe.PART]           the parts of a recipe (recipes.py), at the paper's settings
    [table]                 how its table is made of the runs (results/paper)
    [published]             row of the table -> what the paper printed there
    [scale.SCALE]           settings, axes and zip of a sweep: tiny (offline), small, full

Panigrahi, Saunshi, Zhao and Arora 2023, "Task-Specific Skill Localization in Fine-tuned Language
Models". Owns what an item is and which sweep it comes to. Runs nothing.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict

from engine.contract.layout import shipped
from graftui.errors import NotFound
from graftui.planning import overrides
from graftui.planning.overrides import Override, Raw, Source
from graftui.planning.recipes import Recipe, loads
from graftui.planning.sweeps import axes as axis
from graftui.planning.sweeps import making
from graftui.planning.sweeps.axes import Axes
from graftui.planning.sweeps.sweep import Sweep

ScaleName = Literal["tiny", "small", "full"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scale(_Entry):
    """What makes a sweep of an item's recipe."""

    settings: Raw = {}
    """Path -> value, the same in all cells."""
    axes: Raw = {}
    zip: Raw = {}
    skip: str = ""
    """No cell whose settings meet this query."""
    values: tuple[str, ...] = ()
    """Takes the place of the table's."""


class TableOf(_Entry):
    """How a table is made of the runs of an item."""

    maker: Literal["pivot", "grids", "rel", "overlap", "map"]
    rows: str = ""
    """Of a pivot: keys, comma-separated, as of `compare --rows`."""
    cols: str = ""
    values: tuple[str, ...] = ("test",)
    """Of a pivot SPLIT.SCORE, of grids their titles."""
    where: str = ""
    """A query: which of the runs."""


class Item(_Entry):
    """A table or figure."""

    name: str
    order: int
    """Its place in the list."""
    title: str
    claim: str = ""
    """What the paper says of it, in our words; empty: nothing that could be looked up."""
    source: str = ""
    """Where it says so."""
    recipe: Raw
    table: TableOf
    published: dict[str, str] = {}
    """Row of the table -> the paper's own figures. Empty where none could be looked up."""
    scale: dict[ScaleName, Scale]

    def values(self, scale: ScaleName) -> tuple[str, ...]:
        """What the table has of each run."""
        return self.scale[scale].values or self.table.values

    def made_from(self) -> Recipe:
        """The recipe at the paper's settings."""
        text = tomli_w.dumps({"title": self.title, **self.recipe})
        return loads(text, f"paper-{self.name}")


@cache
def items() -> dict[str, Item]:
    """All of them by name, in their order."""
    paths = (shipped() / "paper").glob("*.toml")
    made = [Item(name=path.stem, **tomllib.loads(path.read_text())) for path in paths]
    return {item.name: item for item in sorted(made, key=lambda item: item.order)}


def item_of(name: str) -> Item:
    """The item of that name. Raises NotFound."""
    known = items()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise NotFound(
        f"There is no table {name!r} of the paper.{guess}", f"There are {', '.join(known)}."
    )


def sweep_of(
    item: Item, scale: ScaleName, sets: Sequence[str] = (), grid: Sequence[str] = ()
) -> Sweep:
    """The sweep that makes an item, nowhere yet. `sets` and `grid`, as typed, take the place of
    the settings and axes of the scale. Raises UsageError.
    """
    recipe, own = item.made_from(), item.scale[scale]
    typed = overrides.parse(sets, recipe.kinds)
    table: Raw = {"axes": own.axes, "zip": own.zip, "skip": own.skip or []}
    given = Axes(axis.parse(grid, recipe.kinds, "--grid"), {})
    varying = axis.merged(axis.of_recipe(table, recipe.name, recipe.kinds), given)
    varying = _fixed(varying, {each.path: each.value for each in typed})
    settings = {path: Override(path, value, Source.recipe) for path, value in own.settings.items()}
    settings |= {each.path: each for each in typed}
    wanted = [each for path, each in settings.items() if path not in varying.paths]
    return making.asked_for(recipe, varying, wanted, f"paper-{item.name}-{scale}", ("paper",))


def _fixed(axes: Axes, values: dict[str, Any]) -> Axes:
    """`axes`, those that are given a value with that one alone; of the ones that go together, too:
    their length stays.
    """
    grid = {path: (values[path],) if path in values else axis for path, axis in axes.grid.items()}
    together = {
        path: (values[path],) * len(axis) if path in values else axis
        for path, axis in axes.together.items()
    }
    return axis.checked(replace(axes, grid=grid, together=together))
