"""What running a recipe, or a run again, comes to: plans, with what can be reused left out.

Owns the checks before anything is queued. Starts nothing.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.contract import schema
from engine.contract.identity import config_hash
from engine.contract.kinds import Role, kinds
from engine.contract.layout import RunDir
from engine.contract.remarks import remarks
from engine.contract.roles import filled, paths_of, role_of
from engine.contract.sections import RunConfig
from graftui.errors import NotFound, UsageError
from graftui.models import Run
from graftui.planning.inputs import Inputs
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe
from graftui.planning.reuse import Standing, look, standing_in
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
    """The runs of a recipe, each after those it is made from.

    What others are made from is not planned again if it is done, or under way, unless `fresh`.
    Raises UsageError for a config that can be seen to fail.
    """
    made = Planned([], [])
    places: dict[str, int | str] = {}
    digests_of: dict[str, str] = {}
    said: list[str] = []
    needed = {} if fresh else _needed(recipe)
    if needed:
        look(settings)
    for part, wanted in _asked_for(recipe, overrides).items():
        inputs = recipe.inputs.get(part, {})
        config = _made_from(_checked(_with_files(wanted, settings), inputs), inputs, digests_of)
        digests_of[part], reads = config_hash(config), digests(config, settings)
        files = needed.get(part)
        standing = standing_in(config, reads, settings, files) if files else Standing(None)
        if standing.run:
            places[part] = standing.run.id
            made.reused.append(standing.run)
            continue
        said += [f"{standing.why_not}; {part} is run again"] if standing.why_not else []
        said += [*remarks(config), *_of_other_data(config, reads, inputs)]
        places[part] = len(made.plans)
        given = {role: [places[source] for source in sources] for role, sources in inputs.items()}
        named = (name or recipe.name, config.kind, config, recipe.name, tuple(tags))
        made.plans.append(Plan(*named, given, reads))
    return replace(made, remarks=tuple(dict.fromkeys(said)))


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


def _made_from(config: RunConfig, inputs: Inputs, digests_of: Mapping[str, str]) -> RunConfig:
    for role, sources in inputs.items():
        of_role = role_of(config.kind, role)
        config = filled(config, of_role, digests=[digests_of[part] for part in sources])
    return config


def _needed(recipe: Recipe) -> dict[str, set[str]]:
    """Parts that others are made from, with the files of theirs that these read."""
    needed: dict[str, set[str]] = {}
    for part, inputs in recipe.inputs.items():
        for role, sources in inputs.items():
            for source in sources:
                needed.setdefault(source, set()).add(role_of(recipe.kinds[part], role).file)
    return needed


def _of_other_data(config: RunConfig, reads: Digests, linked: Collection[str]) -> list[str]:
    """What to say of one made from a file of another run, if that run read other data."""
    said = []
    for role, path in paths_of(config, config.kind, linked):
        source = RunDir(Path(path).absolute().parent)
        if role_of(config.kind, role).digest and (files := changed(source, reads)):
            said.append(
                f"the data changed since run {source.path.name} ({role}): {', '.join(files)}"
            )
    return said


def _with_files(config: RunConfig, settings: Settings) -> RunConfig:
    """With the path of a run's file where a setting names the run. Raises UsageError."""
    for name, value in paths_of(config, config.kind):
        role = role_of(config.kind, name)
        if role.named and not Path(os.path.expanduser(value)).is_file():
            path = _file_of(role, schema.dotted(tuple(role.setting.split(".")), config.kind),
                            value, settings)  # fmt: skip
            config = filled(config, role, paths=[path])
    return config


def _file_of(role: Role, setting: str, ref: str, settings: Settings) -> str:
    try:
        with Store.open(settings.db) as store:
            run = store.resolve(ref)
    except NotFound as error:
        raise UsageError(
            f"{setting} = {ref!r} is neither a file ({role.file}) nor a run.",
            "Give a path, or a run's id, or leave it out.",
        ) from error
    path = directory(settings, run).path / role.file
    if not path.is_file():
        raise UsageError(
            f"{setting} = {ref!r}: run {run.id} has no {path.name}.",
            f"Give a run that finished and made one ({' or '.join(role.of)}), or a file's path.",
        )
    return str(path)


def _checked(config: RunConfig, inputs: Inputs) -> RunConfig:
    """`config`, if nothing of it is seen to fail; `inputs`: what other parts fill of it."""
    if trouble := kinds()[config.kind].check(config, inputs):
        raise UsageError(*trouble)
    given = dict(paths_of(config, config.kind))
    for role in given.keys() & inputs.keys():
        raise UsageError(
            f"{role_of(config.kind, role).setting} = {given[role]!r}: it is made from "
            f"[{', '.join(inputs[role])}].",
            "Leave it out, or write a recipe whose part has no such input (no `of`).",
        )
    return config
