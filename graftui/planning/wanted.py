"""The runs that a recipe asks for: configs that are checked, and say what they are made from.

Owns what is refused of a config before anything is queued. What of it is there already, and what is
remarked, is in plans.py.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract import schema
from engine.contract.identity import config_hash
from engine.contract.kinds import Role, kinds
from engine.contract.once import once
from engine.contract.roles import filled, paths_of
from engine.contract.sections import RunConfig
from graftui.errors import NotFound, UsageError
from graftui.planning.inputs import Inputs
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe
from graftui.registry.store import Store
from graftui.scheduler.reads import Reader
from graftui.scheduler.settle import directory
from graftui.settings import Settings

_NOW = (Source.command_line, Source.form)
"""Where what is given stands over a recipe."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One part of a recipe, as it is to run."""

    part: str
    config: RunConfig
    hash: str
    inputs: Inputs
    """What other parts fill of it."""
    paths: tuple[tuple[str, str], ...]
    """Role and file, of all that the config itself names."""


def wanted(
    recipe: Recipe, overrides: Sequence[Override], settings: Settings, to_run: bool = True
) -> Iterator[Wanted]:
    """The parts of a recipe, each after those it is made from.

    Raises UsageError for a config that can be seen to fail, if they are `to_run`: of what is done
    already nothing need be here any more.
    """
    hashes: dict[str, str] = {}
    for part, config in _asked_for(recipe, overrides).items():
        checked = ready(part, config, recipe.inputs.get(part, {}), hashes, settings, to_run)
        hashes[part] = checked.hash
        yield checked


def _asked_for(recipe: Recipe, overrides: Sequence[Override]) -> dict[str, RunConfig]:
    """The configs. Raises UsageError for what somebody gives now though none of them has a use
    for it; what a stored config brings along, nobody gives."""
    parts, given = recipe.asked(overrides)
    idle = {p: {schema.dotted((n,), c.kind) for n in c.idle()} for p, c in parts.items()}
    used = {o.path for part in parts for path, o in given[part].items() if path not in idle[part]}
    for part, config in parts.items():
        told = {path: override.source for path, override in given[part].items()}
        elsewhere = {path for path in idle[part] & told.keys() if given[part][path].path in used}
        written = [path for path in told if told[path] is Source.recipe]
        given_now = told.keys() - elsewhere
        now = [p for p in given_now if told[p] in _NOW or _has_part(told[p], p, idle[part])]
        check_given(config, written, now)
    return parts


def _has_part(source: Source, path: str, idle: Collection[str]) -> bool:
    """Whether a value of a sweep counts in this cell: on a grid some settings have no part beside
    others, and cells that differ in these alone are one run.
    """
    return source is Source.sweep and path not in idle


def check_given(config: RunConfig, written: Collection[str], now: Collection[str]) -> None:
    """Raises UsageError for settings that a recipe has, or somebody gives now, though the config
    has no use for them.
    """
    if trouble := kinds()[config.kind].check_given(config, written, now):
        raise UsageError(*trouble)


def ready(
    part: str, config: RunConfig, inputs: Inputs, hashes: Mapping[str, str], settings: Settings,
    to_run: bool = True,
) -> Wanted:  # fmt: skip
    """With the file of a run where a setting names the run, and the hashes of what it is made
    from. Raises UsageError.
    """
    sources = {part: hashes[part] for given in inputs.values() for part in given}
    asked = ("ready", part, config.model_dump_json(), repr(sources), to_run)
    return once(asked, lambda: _made_ready(part, config, inputs, hashes, settings, to_run))


def _made_ready(
    part: str, config: RunConfig, inputs: Inputs, hashes: Mapping[str, str], settings: Settings,
    to_run: bool,
) -> Wanted:  # fmt: skip
    kind = kinds()[config.kind]
    roles = {role.name: role for role in kind.roles}
    paths = tuple(
        (name, _file(config.kind, roles[name], value, settings)) for name, value in paths_of(config)
    )
    named = _by_role([(name, path) for name, path in paths if roles[name].named])
    contents = {
        name: _contents(files, settings) for name, files in named.items() if roles[name].digest
    }
    linked = {name: [hashes[source] for source in sources] for name, sources in inputs.items()}
    config = filled(config, named, {**contents, **linked})
    if to_run and (trouble := kind.check(config, inputs)):
        raise UsageError(*trouble)
    for name, path in paths:
        if name in inputs:
            raise UsageError(
                f"{roles[name].setting} = {path!r}: it is made from [{', '.join(inputs[name])}].",
                "Leave it out, or write a recipe whose part has no such input (no `of`).",
            )
    return Wanted(part, config, config_hash(config), inputs, paths)


def _by_role(paths: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Role -> its files, of a list of both."""
    files: dict[str, list[str]] = {}
    for role, path in paths:
        files.setdefault(role, []).append(path)
    return files


def _contents(paths: Sequence[str], settings: Settings) -> list[str]:
    """What stands for files in an identity, where no run that made them is known: a digest each."""
    reader = Reader(settings)
    there = [path for path in paths if (settings.root / os.path.expanduser(path)).is_file()]
    digests = reader.of(os.path.expanduser(path) for path in there)
    reader.keep()
    return list(digests.values())


def _file(kind: str, role: Role, value: str, settings: Settings) -> str:
    """The path that a setting has, or that of a run's file where it may name the run."""
    if not role.named or Path(os.path.expanduser(value)).is_file():
        return value
    setting = schema.dotted(tuple(role.setting.split(".")), kind)
    try:
        with Store.open(settings.db) as store:
            run = store.resolve(value)
    except NotFound as error:
        raise UsageError(
            f"{setting} = {value!r} is neither a file ({role.file}) nor a run.",
            "Give a path, or a run's id, or leave it out.",
        ) from error
    path = directory(settings, run).path / role.file
    if not path.is_file():
        raise UsageError(
            f"{setting} = {value!r}: run {run.id} has no {path.name}.",
            f"Give a run that finished and made one ({' or '.join(role.of)}), or a file's path.",
        )
    return str(path)
