"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Which runs a recipe asks for, and what is refused of them, is in wanted.py. Starts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.contract.remarks import remarks
from graftui.models import Run
from graftui.planning.overrides import Override
from graftui.planning.recipes import Recipe
from graftui.planning.reuse import look, other_data, standing_in
from graftui.planning.wanted import wanted
from graftui.scheduler.reads import digests
from graftui.scheduler.submit import Plan
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """What running a recipe comes to."""

    plans: list[Plan]
    reused: list[Run]
    """Runs of the same config, finished or under way, that stand in for a part."""
    remarks: tuple[str, ...] = ()
    """What may not be as it was meant, and why a run of the same config is not reused."""
    same: list[Run] = field(default_factory=list)
    """Runs of the same config on the same data as one that is planned all the same, done already
    or under way.
    """

    @property
    def nothing_new(self) -> bool:
        """Whether all that is planned is done already, or under way."""
        return len(self.same) == len(self.plans) > 0


def plan(
    recipe: Recipe,
    settings: Settings,
    overrides: Sequence[Override] = (),
    name: str = "",
    tags: Sequence[str] = (),
    fresh: bool = False,
) -> Planned:
    """The runs of a recipe, each after those it is made from.

    What others are made from is not planned again if it is done, or under way, unless `fresh`.
    Raises UsageError for a config that can be seen to fail.
    """
    made = Planned([], [])
    places: dict[str, int | str] = {}
    said: list[str] = []
    needed = {} if fresh else recipe.needed()
    if needed:
        look(settings)
    for each in wanted(recipe, overrides, settings):
        config, part = each.config, each.part
        reads = digests(config, settings)
        files = needed.get(part)
        standing = standing_in(each, reads, settings, files or ())
        if files and standing.run:
            places[part] = standing.run.id
            made.reused.append(standing.run)
            continue
        made.same.extend([standing.run] if standing.run and not fresh else [])
        said += [f"{standing.why_not}; {part} is run again"] if files and standing.why_not else []
        said += [*remarks(config), *other_data(each, reads)]
        places[part] = len(made.plans)
        given = {role: [places[source] for source in from_] for role, from_ in each.inputs.items()}
        named = (name or recipe.name, config.kind, config, recipe.name, tuple(tags))
        made.plans.append(Plan(*named, given, reads))
    return replace(made, remarks=tuple(dict.fromkeys(said)))
