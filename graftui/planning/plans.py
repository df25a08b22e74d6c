"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Owns the checks before anything is queued. Starts nothing.
"""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.config import current
from engine.contract.identity import config_hash
from engine.contract.kinds import kinds
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import RunDir, read_whole
from engine.contract.migrations import VERSION
from engine.contract.remarks import remarks
from engine.contract.sections import RunConfig
from graftui.errors import NotFound, UsageError
from graftui.models import Run
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe, of_run
from graftui.planning.reuse import Standing, look, standing_in
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.scheduler.reads import Digests, changed, digests
from graftui.scheduler.settle import directory
from graftui.scheduler.submit import Plan
from graftui.settings import Settings

_NOW = (Source.command_line, Source.form)
"""Where what is given stands over a recipe."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What running a recipe comes to."""

    plans: list[Plan]
    reused: list[Run]
    """Runs of the same config, finished or under way, that stand in for a part."""
    remarks: tuple[str, ...] = ()
    """What may not be as it was meant, and why a run of the same config is not reused."""


def plan(
    recipe: Recipe,
    settings: Settings,
    overrides: Sequence[Override] = (),
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
    reused: list[Run] = []
    said: list[str] = []
    reusing = bool(recipe.links) and not fresh
    if reusing:
        look(settings)
    for part, wanted in _asked_for(recipe, overrides).items():
        linked = ["finetuned"] if part in recipe.links else []
        config = _checked(_with_mask(wanted, settings), linked)
        reads = digests(config, settings)
        if part in recipe.links and isinstance(config, GraftConfig):
            _refuse_checkpoint(config, recipe.links[part])
        wanting = reusing and recipe.kinds[part] == "finetune"
        standing = standing_in(config, reads, settings) if wanting else Standing(None)
        if standing.run:
            places[part] = standing.run.id
            reused.append(standing.run)
            continue
        said += [f"{standing.why_not}; fine-tuning again"] if standing.why_not else []
        said += [*remarks(config), *_of_other_data(config, reads)]
        places[part] = len(plans)
        given = {role: [places[recipe.links[part]]] for role in linked}
        named = (name or recipe.name, recipe.kinds[part], config, recipe.name, tuple(tags))
        plans.append(Plan(*named, given, reads))
    return Planned(plans, reused, tuple(dict.fromkeys(said)))


def _asked_for(recipe: Recipe, overrides: Sequence[Override]) -> dict[str, RunConfig]:
    """The configs. Raises UsageError for what somebody gives now though none of them has a use
    for it; what a stored config brings along, nobody gives."""
    parts, given = recipe.configs(overrides), recipe.given(overrides)
    idle = {p: {schema.dotted((n,), c.kind) for n in c.idle()} for p, c in parts.items()}
    used = {o.path for part in parts for path, o in given[part].items() if path not in idle[part]}
    for part, config in parts.items():
        told = {path: override.source for path, override in given[part].items()}
        elsewhere = {path for path in idle[part] & told.keys() if given[part][path].path in used}
        written = [path for path in told if told[path] is Source.recipe]
        now = [path for path in told.keys() - elsewhere if told[path] in _NOW]
        if trouble := kinds()[config.kind].check_given(config, written, now):
            raise UsageError(*trouble)
    return parts


def _of_other_data(config: RunConfig, reads: Digests) -> list[str]:
    """What to say of a graft from the checkpoint of a run, if that run read other data."""
    if not (isinstance(config, GraftConfig) and config.finetuned.path):
        return []
    source = RunDir(Path(config.finetuned.path).absolute().parent)
    if not (files := changed(source, reads)):
        return []
    return [f"the data changed since run {source.path.name}, the fine-tuning: {', '.join(files)}"]


def _with_mask(config: RunConfig, settings: Settings) -> RunConfig:
    """A graft from another run's mask, with the path of that run's skill file. Raises NotFound."""
    if not isinstance(config, GraftConfig) or config.base_patch == "movement":
        return config
    path = Path(os.path.expanduser(config.base_patch))
    if not path.is_file():
        try:
            with Store.open(settings.db) as store:
                run = store.resolve(config.base_patch)
        except NotFound as error:
            raise UsageError(
                f"graft.base_patch = {config.base_patch!r} is neither a skill file nor a run.",
                "Give movement (the weights that moved most), a path, or a run's id.",
            ) from error
        path = directory(settings, run).skill()
    if not path.is_file():
        raise UsageError(
            f"graft.base_patch = {config.base_patch!r}: run {run.id} has no {path.name}.",
            "Give a graft that finished; of a curve, the path of one of its skill files.",
        )
    return config.model_copy(update={"base_patch": str(path)})


def _refuse_checkpoint(config: GraftConfig, source: str) -> None:
    if config.finetuned.path:
        raise UsageError(
            f"finetuned.path = {config.finetuned.path!r}: this graft is cut from [{source}].",
            "Leave it out, or write a recipe whose [graft] has no `of`.",
        )


def _checked(config: RunConfig, linked: Collection[str]) -> RunConfig:
    """`config`, if nothing of it is seen to fail; `linked`: the roles that other parts fill."""
    if trouble := kinds()[config.kind].check(config, linked):
        raise UsageError(*trouble)
    return config


def rerun(
    run: Run,
    overrides: Sequence[Override],
    settings: Settings,
    name: str = "",
    tags: Sequence[str] = (),
    keep: bool = False,
) -> tuple[Planned, dict[str, tuple[Any, Any]]]:
    """A run's saved configuration again, and what `overrides` change: setting -> (old, new).

    A graft comes with its fine-tuning, which is reused if that very one is done or under way, and
    else run first: a changed data seed, or a fine-tuning that failed or is deleted, never leaves
    the two at odds. Old name and tags: see `label`.
    """
    own_checkpoint = any("finetuned" in override.path.split(".") for override in overrides)
    origin = None if own_checkpoint else origin_of(run, settings)
    recipe = of_run(run, origin)
    if own_checkpoint:  # which the old hash says nothing of
        recipe.parts[run.kind].get("finetuned", {}).pop("config_hash", None)
    made = recipe.configs(overrides)
    changes: dict[str, tuple[Any, Any]] = {}
    for raw in filter(None, (origin, run.config)):
        old = schema.flatten(configs.parse(current(raw)))
        for path, value in schema.flatten(made[raw["kind"]]).items():
            if _differ(old[path], value) and (own_checkpoint or not path.startswith("finetuned.")):
                changes[path] = (old[path], value)
    name, tags = label(run, bool(changes) and not keep, name, tags)
    planned = plan(recipe, settings, overrides, name, tags)
    plans = [replace(each, recipe=run.recipe) for each in planned.plans]
    return replace(planned, plans=plans), changes


def _differ(before: Any, after: Any) -> bool:
    """Whether two values of a setting mean something else: 1 is one weight, 1.0 all of them."""
    return json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True)


def label(run: Run, changed: bool, name: str, tags: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Name and tags of `run` made again. Where settings `changed`, the old ones would lie: it is
    called as its recipe is, and has no tags but those given.
    """
    kept_name, kept_tags = (run.recipe or run.kind, ()) if changed else (run.name, run.tags)
    return name or kept_name, tuple(dict.fromkeys([*kept_tags, *tags]))


def origin_of(run: Run, settings: Settings) -> dict[str, Any] | None:
    """The config of the fine-tuning that a graft is cut from, which may be deleted; None for a
    run that is cut from a checkpoint of its own, or from none.
    """
    source = run.config.get("finetuned", {})
    path, digest = source.get("path", ""), source.get("config_hash", "")
    with Store.open(settings.db) as store:
        if run.parent and (tuning := store.find(run.parent)):
            return tuning.config
        if not (run.parent or digest) or (path and (settings.root / path).is_dir()):
            return None
        if digest and (same := store.list(where=Condition("hash", "=", (digest,)), limit=1)):
            return same[0].config
    try:
        stored = configs.loads(read_whole(settings.run_dir(run.id).origin("finetuned")))
        return {**stored.model_dump(mode="json"), "version": VERSION}
    except (OSError, ValueError):
        raise UsageError(
            f"Run {run.id} is cut from fine-tuning {run.parent or path}, which is "
            "deleted, and whose settings are not stored with it.",
            "Give its checkpoint's folder with --set finetuned.path=FOLDER, or run a recipe anew.",
        ) from None


def together(planned: Sequence[Planned]) -> Planned:
    """Several as one: a fine-tuning that several grafts need is made once."""
    plans: list[Plan] = []
    made: dict[str, int] = {}
    """Hash of a fine-tuning -> its place."""
    for part in planned:
        places: list[int] = []
        for place, each in enumerate(part.plans):
            digest = config_hash(each.config)
            needed = place + 1 < len(part.plans)
            if not (needed and digest in made):
                inputs = {
                    role: [
                        places[source] if isinstance(source, int) else source for source in given
                    ]
                    for role, given in each.inputs.items()
                }
                plans.append(replace(each, inputs=inputs))
            places.append(made[digest] if needed and digest in made else len(plans) - 1)
            if each.kind == "finetune":
                made[digest] = places[-1]
    reused = {run.id: run for part in planned for run in part.reused}
    said = dict.fromkeys(remark for part in planned for remark in part.remarks)
    return Planned(plans, list(reused.values()), tuple(said))
