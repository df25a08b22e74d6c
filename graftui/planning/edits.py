"""What a change of settings comes to for runs that have not started, and for what waits for them.

What is made from a changed run follows: it has that run's hash in its config, and takes sections
over of it. Owns what is refused. Writes nothing; scheduler/rewrite.py does.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.identity import config_hash
from engine.contract.kinds import Role, kinds
from engine.contract.layout import RunDir
from engine.contract.roles import at, filled
from engine.contract.sections import RunConfig
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning.inputs import Inputs, filled_by
from graftui.planning.overrides import Override, Raw, Source, parse
from graftui.planning.recipes import Recipe
from graftui.planning.wanted import check_given, ready
from graftui.registry.held import refuse_newer
from graftui.registry.store import Store
from graftui.scheduler.queue.rewrite import Rewritten
from graftui.scheduler.reads import digests
from graftui.settings import Settings

Changes = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Edited:
    """A run as it is to be."""

    rewritten: Rewritten
    changes: Changes
    """Setting -> (old, new)."""


def edited(
    settings: Settings, store: Store, runs: Sequence[Run], texts: Sequence[str]
) -> list[Edited]:
    """The runs with the settings in `texts`, as typed, and what follows them; sources first.

    Raises UsageError for a run that has started, a setting that its inputs give, and a config that
    can be seen to fail.
    """
    waiting = [
        run
        for run in store.unsettled(settings.folder)
        if run.status in (RunStatus.queued, RunStatus.held)
    ]
    wanted = {run.id for run in runs}
    for run in runs:
        refuse_started(run, settings.run_dir(run.id))
    work = _Work(settings, store, {run.id: run for run in (*runs, *waiting)})
    for run in sorted(work.runs.values(), key=lambda run: run.created_at):
        overrides = parse(texts, {run.kind: run.kind}) if run.id in wanted else ()
        if overrides or work.bodies.keys() & set(run.sources):
            work.remake(run, overrides)
    return work.made


def refuse_started(run: Run, run_dir: RunDir) -> None:
    """Raises UsageError for a run that has started, of any attempt."""
    waits = run.status in (RunStatus.queued, RunStatus.held)
    if not waits or run.attempt.begun or run_dir.events.exists():
        raise UsageError(
            f"Run {run.id} has started: it is {run.status}, and what it was told stays.",
            f"`graftui rerun {run.id} --set SETTING=VALUE` makes another run of it.",
        )


@dataclass(slots=True)
class _Work:
    """The runs as they are, and those that are remade so far."""

    settings: Settings
    store: Store
    runs: dict[str, Run]
    bodies: dict[str, Raw]
    """Of those that are remade: their configs as they are to be."""
    made: list[Edited]

    def __init__(self, settings: Settings, store: Store, runs: dict[str, Run]) -> None:
        self.settings, self.store, self.runs = settings, store, runs
        self.bodies, self.made = {}, []

    def remake(self, run: Run, overrides: Sequence[Override]) -> None:
        """Put `overrides` in, and what its sources have come to be."""
        refuse_newer(run)
        linked = _linked(run)
        roles = [role for role in kinds()[run.kind].roles if role.name in linked]
        for override in overrides:
            _refuse_given(run, roles, linked, override)
        body = json.loads(json.dumps(configs.current(run.config)))
        for role in roles:
            self._follow(body, role, linked[role.name][0])
        config = self._config(run, body, roles, linked, overrides)
        changes = _changes(run, config)
        if not changes and overrides:
            raise UsageError(f"Run {run.id} is told that already.", "Give another value.")
        self.bodies[run.id] = json.loads(configs.dumps(config))
        self.made.append(Edited(self._rewritten(run, config, linked), changes))

    def _follow(self, body: Raw, role: Role, source: str) -> None:
        if source in self.bodies:
            then = configs.current(self.runs[source].config)
            for section in role.inherits:
                now = self.bodies[source].get(section)
                if section in body and now is not None:
                    body[section] = _taken_over(body[section], then.get(section), now)

    def _config(
        self,
        run: Run,
        body: Raw,
        roles: Sequence[Role],
        linked: Inputs,
        overrides: Sequence[Override],
    ) -> RunConfig:
        """Checked as in a recipe, and made from the same files."""
        paths = {role.name: _listed(at(body, role.setting), role) for role in roles}
        for setting in (setting for role in roles for setting in filled_by(role)):
            _drop(body, setting)
        body.pop("kind")
        recipe = Recipe(run.name, "", {run.kind: body}, {run.kind: run.kind}, {}, Source.rerun)
        parts, given = recipe.asked(overrides)
        now = [path for path, told in given[run.kind].items() if told.source is not Source.rerun]
        check_given(parts[run.kind], (), now)
        hashes = {id: self._hash(id) for ids in linked.values() for id in ids}
        config = ready(run.kind, parts[run.kind], linked, hashes, self.settings).config
        return filled(config, paths, {})

    def _hash(self, id: str) -> str:
        if id in self.bodies:
            return config_hash(configs.parse(self.bodies[id]))
        return self.store.get(id).config_hash

    def _rewritten(self, run: Run, config: RunConfig, linked: Inputs) -> Rewritten:
        origins = {
            (role, number): self.bodies[id]
            for role, ids in linked.items()
            for number, id in enumerate(ids)
            if id in self.bodies
        }
        return Rewritten(run, config, digests(config, self.settings), origins)


def _linked(run: Run) -> Inputs:
    linked: Inputs = {}
    for given in run.inputs:
        if given.is_run:
            linked[given.role] = (*linked.get(given.role, ()), given.source)
    return linked


def _refuse_given(run: Run, roles: Sequence[Role], linked: Inputs, override: Override) -> None:
    """A setting that a run it is made from gives, or shares with it; each is computed where and how
    its own settings say.
    """
    path = override.path.removeprefix(f"{run.kind}.")
    setting = schema.by_path(run.kind).get(path)
    own = setting is not None and not setting.hashed
    for role in roles:
        source = linked[role.name][0]
        if path in filled_by(role) or (path.split(".")[0] in role.inherits and not own):
            raise UsageError(
                f"{override.path} of run {run.id} comes from run {source}, which it is made from.",
                f"Edit {source} if it has not started: what is made from it follows. Or `graftui "
                f"rerun {run.id} --set {override.path}=...` makes both again.",
            )


def _taken_over(own: Any, then: Any, now: Any) -> Any:
    """What of `own` was as the source had it then is as the source has it now."""
    if isinstance(own, dict) and isinstance(then, dict) and isinstance(now, dict):
        return {key: _taken_over(own.get(key), then.get(key), now[key]) for key in now}
    return copy.deepcopy(now) if own == then else own


def _listed(value: Any, role: Role) -> Sequence[str]:
    return list(value) if role.many else [str(value)]


def _drop(body: Raw, setting: str) -> None:
    section, _, name = setting.rpartition(".")
    (body.get(section, {}) if section else body).pop(name, None)


def _changes(run: Run, config: RunConfig) -> Changes:
    old = schema.flatten(configs.parse(configs.current(run.config)))
    return {
        path: (old[path], value)
        for path, value in schema.flatten(config).items()
        if json.dumps(old[path], sort_keys=True) != json.dumps(value, sort_keys=True)
    }
