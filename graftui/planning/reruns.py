"""A run again: its saved configuration, with those of the runs it is made from.

Owns the search for what these were told, which may be deleted. Starts nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.gpus import devices_elsewhere
from engine.contract.identity import config_hash
from engine.contract.kinds import Role, kinds
from engine.contract.layout import read_whole
from engine.contract.migrations import VERSION
from engine.contract.roles import at
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.inputs import Inputs, filled_by
from graftui.planning.overrides import Override, Raw, Source
from graftui.planning.plans import Planned, plan
from graftui.planning.recipes import Recipe
from graftui.registry.held import refuse_newer
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.scheduler.submit import Plan
from graftui.settings import Settings, queueing


@dataclass(frozen=True, slots=True)
class Ancestry:
    """What a run was told, and what those were that it is made from."""

    config: Raw
    sources: Mapping[str, Sequence["Ancestry"]] = field(default_factory=dict)
    """By role; those that it names itself, by a path that is there, are not among them."""


def ancestry(run: Run, settings: Settings, own: Sequence[str] = ()) -> Ancestry:
    """Of a run; `own`: roles for which it is to have a path of its own. Raises UsageError where
    nobody knows any more what a source was told.
    """
    with Store.open(settings.db) as store:
        return _ancestry(run, settings, store, own)


def _ancestry(run: Run, settings: Settings, store: Store, own: Sequence[str] = ()) -> Ancestry:
    refuse_newer(run)
    sources: dict[str, list[Ancestry]] = {}
    for role in kinds()[run.kind].roles if run.kind in kinds() else ():
        given = [made.source for made in run.inputs if made.role == role.name and made.is_run]
        count = max(len(given), _count(run, role.digest))  # a hash alone may be known
        for number in range(0 if role.name in own else count):
            source = given[number] if given else ""
            known = _source(run, role, number, source, settings, store)
            sources.setdefault(role.name, []).extend([known] if known else [])
    return Ancestry(run.config, {role: known for role, known in sources.items() if known})


def _source(
    run: Run, role: Role, number: int, id: str, settings: Settings, store: Store
) -> Ancestry | None:
    """None: it has none, or a path that is there."""
    if id and (source := store.find(id)):
        return _ancestry(source, settings, store)
    path, digest = _nth(run, role.setting, number), _nth(run, role.digest, number)
    if not (id or digest) or (path and (settings.root / path).exists()):
        return None
    if digest and (same := store.list(where=Condition("hash", "=", (digest,)), limit=1)):
        return _ancestry(same[0], settings, store)
    try:
        stored = configs.loads(read_whole(settings.run_dir(run.id).origin(role.name, number)))
        return Ancestry({**stored.model_dump(mode="json"), "version": VERSION})
    except (OSError, ValueError):
        raise UsageError(
            f"Run {run.id} is made from run {id or path} ({role.name}), which is deleted, and "
            "whose settings are not stored with it.",
            f"Give its {role.file} with --set {role.setting}=PATH, or run a recipe anew.",
        ) from None


def _nth(run: Run, setting: str, number: int) -> str:
    value = at(run.config, setting) if setting else ""
    listed = value if isinstance(value, list) else [value]
    return str(listed[number] or "") if number < len(listed) else ""


def _count(run: Run, setting: str) -> int:
    value = at(run.config, setting) if setting else ""
    return len(value) if isinstance(value, list) else int(bool(value))


@dataclass(slots=True)
class _Parts:
    """A recipe as it grows."""

    parts: dict[str, Raw] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Inputs] = field(default_factory=dict)
    configs: dict[str, Raw] = field(default_factory=dict)
    """As they were saved."""

    def add(self, told: Ancestry) -> str:
        """The part that a run makes, after those it is made from."""
        linked = {role: tuple(map(self.add, sources)) for role, sources in told.sources.items()}
        for part, config in self.configs.items():
            if config == told.config and self.inputs.get(part, {}) == linked:
                return part
        kind = str(told.config["kind"])
        alike = sum(other == kind for other in self.kinds.values())
        part = f"{kind}-{alike + 1}" if alike else kind
        self.configs[part], self.kinds[part] = told.config, kind
        self.parts[part] = self._body(told.config, kind, linked)
        if linked:
            self.inputs[part] = linked
        return part

    def _body(self, config: Raw, kind: str, linked: Inputs) -> Raw:
        """Without what its sources say."""
        body = json.loads(json.dumps(configs.current(config)))
        body.pop("kind")
        for role in (role for role in kinds()[kind].roles if role.name in linked):
            source = configs.current(self.configs[linked[role.name][0]])
            for section in role.inherits:
                if section in body and body[section] == source.get(section):
                    body.pop(section)
            for setting in filled_by(role):
                _drop(body, setting)
        return dict(body)


def _drop(body: Raw, setting: str) -> None:
    section, _, name = setting.rpartition(".")
    table = body.get(section, {}) if section else body
    table.pop(name, None)
    if section and not table:
        body.pop(section, None)


def of_run(run: Run, told: Ancestry | None = None) -> Recipe:
    """The saved configuration of a run as a recipe; with those of its sources, if given."""
    return _recipe(run, told)[0]


def _recipe(run: Run, told: Ancestry | None) -> tuple[Recipe, dict[str, Raw]]:
    """And the config that each part was."""
    refuse_newer(run)
    made = _Parts()
    made.add(told or Ancestry(run.config))
    title = f"as run {run.id}"
    return Recipe(run.name, title, made.parts, made.kinds, made.inputs, Source.rerun), made.configs


def rerun(
    run: Run,
    overrides: Sequence[Override],
    settings: Settings,
    name: str = "",
    tags: Sequence[str] = (),
    keep: bool = False,
    on: str = "",
) -> tuple[Planned, dict[str, tuple[Any, Any]]]:
    """A run's saved configuration again, and what `overrides` change: setting -> (old, new).

    It comes with the runs it is made from, each of which is reused if that very one is done or
    under way, and else run first: a changed data seed, or a source that failed or is deleted,
    never leaves the two at odds. Old name and tags: see `label`. `on`: an executor, if not that of
    `run`.
    """
    refuse_newer(run)
    own = [role for role in kinds()[run.kind].roles if _gives(overrides, role)]
    told = ancestry(run, settings, [role.name for role in own])
    recipe, before = _recipe(run, told)
    for role in own:  # which the old hash says nothing of
        _drop(recipe.parts[list(recipe.parts)[-1]], role.digest)
    changes = _changes(recipe, before, overrides)
    name, tags = label(run, bool(changes) and not keep, name, tags)
    with devices_elsewhere(queueing(on or run.executor)):
        planned = plan(recipe, settings, overrides, name, tags)
    plans = [
        replace(each, recipe=run.recipe, executor=on or run.executor) for each in planned.plans
    ]
    return replace(planned, plans=plans), changes


def _gives(overrides: Sequence[Override], role: Role) -> bool:
    """Whether one of the overridden settings says what fills a role."""
    section = role.setting.partition(".")[0]
    return bool(role.digest) and any(section in override.path.split(".") for override in overrides)


def _changes(
    recipe: Recipe, before: Mapping[str, Raw], overrides: Sequence[Override]
) -> dict[str, tuple[Any, Any]]:
    changes: dict[str, tuple[Any, Any]] = {}
    for part, config in recipe.configs(overrides).items():
        old = schema.flatten(configs.parse(configs.current(before[part])))
        roles = [r for r in kinds()[config.kind].roles if r.name in recipe.inputs.get(part, {})]
        filled = [setting.split(".") for role in roles for setting in filled_by(role)]
        given = {schema.dotted(tuple(keys), config.kind) for keys in filled}
        for path, value in schema.flatten(config).items():
            if _differ(old[path], value) and path not in given:
                changes[path] = (old[path], value)
    return changes


def _differ(before: Any, after: Any) -> bool:
    """Whether two values of a setting mean something else: 1 is one weight, 1.0 all of them."""
    return json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True)


def label(run: Run, changed: bool, name: str, tags: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Name and tags of `run` made again. Where settings `changed`, the old ones would lie: it is
    called as its recipe is, and has no tags but those given.
    """
    kept_name, kept_tags = (run.recipe or run.kind, ()) if changed else (run.name, run.tags)
    return name or kept_name, tuple(dict.fromkeys([*kept_tags, *tags]))


def together(planned: Sequence[Planned]) -> Planned:
    """Several as one: what several runs are made from is made once."""
    plans: list[Plan] = []
    made: dict[tuple[str, str], int] = {}
    """Hash of a source's config, and what it is made from -> its place."""
    for part in planned:
        sources = {
            source for each in part.plans for given in each.inputs.values() for source in given
        }
        places: list[int] = []
        for number, each in enumerate(part.plans):
            inputs = {role: [places[s] if isinstance(s, int) else s for s in given]
                      for role, given in each.inputs.items()}  # fmt: skip
            known = config_hash(each.config), repr(inputs)
            if number not in sources or known not in made:
                plans.append(replace(each, inputs=inputs))
                places.append(len(plans) - 1)
            else:
                places.append(made[known])
            if number in sources:
                made[known] = places[-1]
    reused = {run.id: run for part in planned for run in part.reused}
    said = dict.fromkeys(remark for part in planned for remark in part.remarks)
    return Planned(plans, list(reused.values()), tuple(said))
