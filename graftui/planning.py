"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Owns the checks before anything is queued. Starts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.contract import config as configs
from engine.contract import preflight, schema
from engine.contract.layout import RunDir
from graftui.errors import NotFound, UsageError
from graftui.launcher.reconcile import reconcile
from graftui.launcher.spawn import Plan
from graftui.models import Run
from graftui.recipes import Recipe, of_run
from graftui.registry.store import Store
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """What running a recipe comes to."""

    plans: list[Plan]
    reused: list[Run]
    """Runs of the same config, finished or under way, that stand in for a part."""


def plan(
    recipe: Recipe,
    settings: Settings,
    overrides: Sequence[str] = (),
    name: str = "",
    tags: Sequence[str] = (),
    fresh: bool = False,
) -> Planned:
    """The runs of a recipe, each after the one it is made from.

    A fine-tuning that is done, or under way, is not planned again unless `fresh`.
    Raises UsageError for a config that can be seen to fail.
    """
    plans: list[Plan] = []
    places: dict[str, int | str] = {}
    reused = []
    for part, wanted in recipe.configs(overrides).items():
        config = _with_mask(wanted, settings)
        _preflight(config)
        if part in recipe.links and isinstance(config, configs.GraftConfig):
            _refuse_checkpoint(config, recipe.links[part])
        wanting = recipe.kinds[part] == "finetune" and recipe.links and not fresh
        if wanting and (there := _standing_in(config, settings)):
            places[part] = there.id
            reused.append(there)
            continue
        places[part] = len(plans)
        after = places.get(recipe.links.get(part, ""))
        plans.append(
            Plan(name or recipe.name, recipe.kinds[part], config, recipe.name, tuple(tags), after)
        )
    return Planned(plans, reused)


def _with_mask(config: configs.Section, settings: Settings) -> configs.Section:
    """A graft from another run's mask, with the path of that run's skill file. Raises NotFound."""
    if not isinstance(config, configs.GraftConfig) or config.base_patch == "movement":
        return config
    path = Path(config.base_patch).expanduser()
    if not path.is_file():
        try:
            with Store.open(settings.db) as store:
                run = store.resolve(config.base_patch)
        except NotFound as error:
            raise UsageError(
                f"graft.base_patch = {config.base_patch!r} is neither a skill file nor a run.",
                "Give movement (the weights that moved most), a path, or a run's id.",
            ) from error
        path = RunDir(settings.runs / run.id).skill()
    if not path.is_file():
        raise UsageError(
            f"graft.base_patch = {config.base_patch!r}: run {run.id} has no {path.name}.",
            "Give a graft that finished; of a curve, the path of one of its skill files.",
        )
    return config.model_copy(update={"base_patch": str(path)})


def _refuse_checkpoint(config: configs.GraftConfig, source: str) -> None:
    if config.finetuned.path:
        raise UsageError(
            f"finetuned.path = {config.finetuned.path!r}: this graft is cut from [{source}].",
            "Leave it out, or write a recipe whose [graft] has no `of`.",
        )


def _preflight(config: configs.Section) -> None:
    assert isinstance(config, configs.FinetuneConfig | configs.GraftConfig)
    if trouble := preflight.check(config):
        raise UsageError(*trouble)


def _standing_in(config: configs.Section, settings: Settings) -> Run | None:
    """The newest run of this very config whose checkpoint is there, or else one under way."""
    if not settings.db.exists() and not settings.runs.exists():
        return None
    digest = configs.config_hash(config)
    with Store.open(settings.db) as store:
        reconcile(settings, store)  # one that has vanished is not under way
        done, active = store.finished_with(digest), store.active_with(digest)
    there = done and RunDir(settings.runs / done.id).checkpoint.is_dir()
    return done if there else active


def rerun(
    run: Run, overrides: Sequence[str], settings: Settings
) -> tuple[Planned, dict[str, tuple[Any, Any]]]:
    """A run's saved configuration again, and what `overrides` change: setting -> (old, new).

    A graft comes with its fine-tuning, which is reused if that very one is done or under way, and
    else run first: a changed data seed, or a fine-tuning that failed, never leaves the two at odds.
    """
    own_checkpoint = any(override.startswith("finetuned.") for override in overrides)
    parent = None if own_checkpoint else _parent(run, settings)
    recipe = of_run(run, parent)
    made = recipe.configs(overrides)
    planned = plan(recipe, settings, overrides)
    changes: dict[str, tuple[Any, Any]] = {}
    for one in filter(None, (parent, run)):
        old = schema.flatten(configs.parse(one.config))
        for path, value in schema.flatten(made[one.kind]).items():
            if old[path] != value and (own_checkpoint or not path.startswith("finetuned.")):
                changes[path] = (old[path], value)
    plans = [replace(one, recipe=run.recipe, tags=run.tags) for one in planned.plans]
    return Planned(plans, planned.reused), changes


def _parent(run: Run, settings: Settings) -> Run | None:
    with Store.open(settings.db) as store:
        return store.find(run.parent) if run.parent else None
