"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Which runs a recipe asks for, and what is refused of them, is in wanted.py. Starts nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.contract.files import MissingFiles
from engine.contract.remarks import remarks
from graftui.models import Run
from graftui.planning.evidence.controls import Controls, expanded
from graftui.planning.overrides import Override
from graftui.planning.recipes import Recipe
from graftui.planning.reuse import Standing, look, other_data, standing_in
from graftui.planning.wanted import Wanted, wanted
from graftui.scheduler.reads import Digests, digests
from graftui.scheduler.submit import Plan
from graftui.settings import Settings

TAG = "evidence"
"""Of runs that are there for a card alone."""


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
    places: dict[str, int | str] = field(default_factory=dict)
    """Part -> its place among the plans, or the id of the run that stands in for it."""
    controls: Controls | None = None
    """What of it is there for a card of evidence; None: no card is asked for."""

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
    given: Mapping[str, Run] = {},  # noqa: B006
    to_run: bool = True,
) -> Planned:
    """The runs of a recipe, each after those it is made from.

    What others are made from is not planned again if it is done, or under way, unless `fresh`; nor
    is a control run of its [evidence]. `given`: part -> its run, whatever else is there. Not
    `to_run`, model and data need not be here. Raises UsageError for what can be seen to fail.
    """
    if controls := _controls(recipe, overrides, settings, to_run):
        recipe, overrides = controls.recipe, ()
    made = Planned([], [], controls=controls)
    alike: dict[tuple[str, str], int] = {}  # by identity and what it is made from
    said: list[str] = []
    files = _reusable(recipe, controls, fresh, settings)
    for each in wanted(recipe, overrides, settings, to_run):
        part, reads = each.part, _reads(each, settings, to_run)
        own = bool(controls and part in controls.parts)
        standing = _standing(each, reads, settings, files, given, to_run)
        if standing.run and (part in files or part in given):
            made.places[part] = standing.run.id
            made.reused.append(standing.run)
            continue
        inputs = {role: [made.places[s] for s in parts] for role, parts in each.inputs.items()}
        if own and (each.hash, repr(inputs)) in alike:
            made.places[part] = alike[each.hash, repr(inputs)]
            continue
        made.same.extend([standing.run] if standing.run and not fresh else [])
        said += _said(each, standing, reads, part in files, own)
        made.places[part] = alike[each.hash, repr(inputs)] = len(made.plans)
        named = (name or recipe.name, each.config.kind, each.config, recipe.name)
        made.plans.append(Plan(*named, (*tags, *((TAG,) if own else ())), inputs, reads))
    return replace(made, remarks=tuple(dict.fromkeys(said)))


def _said(each: Wanted, standing: Standing, reads: Digests, reusable: bool, own: bool) -> list[str]:
    """Remarks; of a control run, whose settings nobody typed, only why it is run again."""
    anew = reusable and standing.why_not
    said = [f"{standing.why_not}; {each.part} is run again"] if anew else []
    return [*said, *(() if own else remarks(each.config)), *other_data(each, reads)]


def _reads(each: Wanted, settings: Settings, to_run: bool) -> Digests:
    """Nothing where it is not `to_run`, and what it read is not here."""
    try:
        return digests(each.config, settings)
    except (MissingFiles, OSError):
        if to_run:
            raise
        return {}


def _controls(
    recipe: Recipe, overrides: Sequence[Override], settings: Settings, to_run: bool
) -> Controls | None:
    if recipe.evidence is None:
        return None
    # What is wrong with what was written comes first.
    list(wanted(recipe, overrides, settings, to_run))
    return expanded(recipe, overrides, to_run)


def _reusable(
    recipe: Recipe, controls: Controls | None, fresh: bool, settings: Settings
) -> dict[str, set[str]]:
    """Parts that need not be run where such a run is there, with the files it must have; after a
    look at what there is.
    """
    if fresh:
        return {}
    kept: dict[str, set[str]] = {part: set() for part in controls.parts} if controls else {}
    if files := kept | recipe.needed():
        look(settings)
    return files


def _standing(
    each: Wanted, reads: Digests, settings: Settings, files: Mapping[str, Collection[str]],
    given: Mapping[str, Run], to_run: bool,
) -> Standing:  # fmt: skip
    if each.part in given:
        return Standing(given[each.part])
    return standing_in(each, reads, settings, files.get(each.part, ()), to_run)
