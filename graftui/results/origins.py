"""Where each value of a run's config came from: a default, its recipe, its input, or who made it.

Worked out from the recipe of that name as it is now: of a run whose recipe is gone, or written
otherwise by now, it says what differs from that. Writes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.contract import config as configs
from engine.contract.kinds import kinds
from engine.contract.schema import by_path, dotted
from graftui.errors import GraftuiError
from graftui.models import Run
from graftui.planning import library
from graftui.planning.inputs import filled_by
from graftui.results.side_by_side import flat, used
from graftui.settings import Settings


class Origin(StrEnum):
    """Who said it."""

    default = "default"
    recipe = "recipe"
    input = "input"
    """It is that of the run that this one is made from."""
    set = "set"
    """For this run: by --set, in a form, by a sweep, or before the recipe was written anew."""


@dataclass(frozen=True, slots=True)
class Told:
    """A setting of a run."""

    path: str
    value: Any
    origin: Origin
    otherwise: Any = None
    """What it would be if nobody had set it; the same as `value` unless its origin is `set`."""
    default: Any = None
    unit: str = ""


def told(run: Run, settings: Settings) -> tuple[Told, ...]:
    """All settings that the run makes use of, in their order."""
    known = by_path(run.kind) if run.kind in kinds() else {}
    of_recipe, given = _recipe(run, settings)
    linked = _of_inputs(run)
    lines = []
    for path, value in used(run.config, run.kind).items():
        default = known[path].default if path in known else None
        otherwise = of_recipe.get(path, default)
        if path in linked:
            origin, otherwise = Origin.input, value
        elif not _same(value, otherwise):
            origin = Origin.set
        elif path in given:
            origin = Origin.recipe
        else:
            origin = Origin.default if _same(value, default) else Origin.input
        unit = known[path].unit if path in known else ""
        lines.append(Told(path, value, origin, otherwise, default, unit))
    return tuple(lines)


def _recipe(run: Run, settings: Settings) -> tuple[Mapping[str, Any], frozenset[str]]:
    """What the recipe says of the run's part: all settings, and those that it has itself. Nothing
    where it cannot be read.
    """
    if not run.recipe or run.kind not in kinds():
        return {}, frozenset()
    try:
        recipe = library.load(run.recipe, settings)
        parts, given = recipe.asked()
    except (GraftuiError, OSError):
        return {}, frozenset()
    own = used(run.config, run.kind)
    candidates = {
        part: flat(json.loads(configs.dumps(config)), run.kind)
        for part, config in parts.items()
        if recipe.kinds[part] == run.kind
    }
    if not candidates:
        return {}, frozenset()
    nearest = max(candidates, key=lambda part: _alike(own, candidates[part]))
    return candidates[nearest], frozenset(given[nearest])


def _alike(own: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    return sum(path in other and _same(value, other[path]) for path, value in own.items())


def _of_inputs(run: Run) -> frozenset[str]:
    """The settings that its inputs fill."""
    roles = kinds()[run.kind].roles if run.kind in kinds() else ()
    filled = (setting for role in roles for setting in filled_by(role))
    return frozenset(dotted(tuple(setting.split(".")), run.kind) for setting in filled)


def _same(value: Any, other: Any) -> bool:
    """Whether two values of a setting mean the same: 1 is one weight, 1.0 all of them."""
    return json.dumps(value, sort_keys=True, default=list) == json.dumps(
        other, sort_keys=True, default=list
    )
