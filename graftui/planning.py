"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Owns the checks before anything is queued. Starts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract import config as configs
from engine.contract import preflight, schema
from engine.contract.layout import RunDir
from graftui.errors import UsageError
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
    """Finished runs of the same config that stand in for a part."""


def plan(
    recipe: Recipe,
    settings: Settings,
    overrides: Sequence[str] = (),
    name: str = "",
    tags: Sequence[str] = (),
    fresh: bool = False,
) -> Planned:
    """The runs of a recipe, each after the one it is made from.

    A fine-tuning part whose config already finished is not planned again unless `fresh`.
    Raises UsageError for a config that can be seen to fail.
    """
    plans: list[Plan] = []
    places: dict[str, int | str] = {}
    reused = []
    for part, config in recipe.configs(overrides).items():
        _preflight(config)
        done = None if fresh or part in recipe.links else finished(config, settings)
        if done and recipe.kinds[part] == "finetune" and recipe.links:
            places[part] = done.id
            reused.append(done)
            continue
        places[part] = len(plans)
        after = places.get(recipe.links.get(part, ""))
        plans.append(
            Plan(name or recipe.name, recipe.kinds[part], config, recipe.name, tuple(tags), after)
        )
    return Planned(plans, reused)


def _preflight(config: configs.Section) -> None:
    assert isinstance(config, configs.FinetuneConfig | configs.GraftConfig)
    if trouble := preflight.check(config):
        raise UsageError(*trouble)


def finished(config: configs.Section, settings: Settings) -> Run | None:
    """The newest finished run of this very config whose checkpoint is still there."""
    if not settings.db.exists():
        return None
    with Store.open(settings.db) as store:
        run = store.finished_with(configs.config_hash(config))
    there = run and RunDir(settings.runs / run.id).checkpoint.is_dir()
    return run if there else None


def rerun(
    run: Run, overrides: Sequence[str], settings: Settings
) -> tuple[Plan, dict[str, tuple[Any, Any]]]:
    """A run's saved configuration again, and what `overrides` change: setting -> (old, new)."""
    config = of_run(run).configs(overrides)[run.kind]
    _preflight(config)
    old = schema.flatten(configs.parse(run.config))
    new = schema.flatten(config)
    changes = {path: (old[path], value) for path, value in new.items() if old[path] != value}
    after = (
        run.parent if run.parent and not any(p.startswith("finetuned.") for p in changes) else None
    )
    return Plan(run.name, run.kind, config, run.recipe, run.tags, after), changes
