"""Making runs.

A run directory is made whole, beside its place, and appears together with its row: there is no
half-made run. Starts nothing.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.contract.config import dumps
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir, write_json, write_whole
from engine.contract.roles import filled, paths_of, role_of
from engine.contract.sections import RunConfig
from graftui.errors import UsageError
from graftui.models import ACTIVE, LOCAL, Input, Run, RunStatus
from graftui.registry import hooks
from graftui.registry.card import write_card
from graftui.registry.held import queued_card
from graftui.registry.lineage import is_path
from graftui.registry.rows import new_id
from graftui.registry.store import Store
from graftui.scheduler.reads import Digests
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.turns import Turn


@dataclass(frozen=True, slots=True)
class Plan:
    """A run to be made."""

    name: str
    kind: str
    """Of engine.contract.kinds."""
    config: RunConfig
    recipe: str = ""
    tags: tuple[str, ...] = ()
    inputs: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    """Role -> what it waits for and builds on: an earlier plan's place in the list, or a run's
    id."""
    reads: Digests = field(default_factory=dict)
    """The user's files that it reads."""
    executor: str = LOCAL
    """What is to start it."""
    turn: Turn = field(default_factory=Turn)
    """When it is to start."""


Sources = dict[str, tuple[Run, ...]]
"""Role -> the runs that a run is made from."""


def submit(settings: Settings, plans: Sequence[Plan]) -> list[Run]:
    """Queue `plans`, all or none, with their directories. `supervise.ensure` sets them going."""
    settings.runs.mkdir(parents=True, exist_ok=True)
    with Store.open(settings.db) as store:
        made: list[tuple[Run, RunConfig]] = []
        given: list[Sources] = []
        for number, plan in enumerate(plans):
            given.append(_sources(store, plan, number, made))
            made.append(_run(settings, plan, given[-1], number))
        try:
            for (run, config), sources, plan in zip(made, given, plans, strict=True):
                _write(settings, run, config, sources)
                write_json(RunDir(_hidden(settings, run.id)).digests, plan.reads)
            runs = [run for run, _ in made]
            store.add(runs, then=lambda: _show(settings, store, runs))
        except BaseException:
            for run, _ in made:
                hidden = _hidden(settings, run.id)
                shutil.rmtree(hidden if hidden.exists() else settings.runs / run.id, True)
            raise
    return runs


def _sources(
    store: Store, plan: Plan, number: int, made: Sequence[tuple[Run, RunConfig]]
) -> Sources:
    return {
        role: tuple(_source(store, plan, source, made[:number]) for source in sources)
        for role, sources in plan.inputs.items()
    }


def _source(
    store: Store, plan: Plan, source: int | str, made: Sequence[tuple[Run, RunConfig]]
) -> Run:
    if isinstance(source, int):
        if not 0 <= source < len(made):
            raise UsageError(f"{plan.name} waits for a run that does not come before it.",
                             "Put the run it waits for first.")  # fmt: skip
        return made[source][0]
    run = store.get(source)
    if run.status not in (*ACTIVE, RunStatus.finished):
        verb = "release" if run.status is RunStatus.held else "rerun"
        raise UsageError(f"{plan.name} needs the result of run {run.id}, which is "
                         f"{run.status}.", f"`graftui {verb} {run.id}` first.")  # fmt: skip
    return run


def _run(settings: Settings, plan: Plan, sources: Sources, number: int) -> tuple[Run, RunConfig]:
    paths = {}
    for role, runs in sources.items():
        folders = [directory(settings, run).path for run in runs]
        file = role_of(plan.kind, role).file
        paths[role] = [_relative(folder / file, settings.root) for folder in folders]
    hashes = {role: [run.config_hash for run in runs] for role, runs in sources.items()}
    config = filled(plan.config, paths, hashes)
    raw = json.loads(dumps(config))
    linked = [Input(role, run.id) for role, runs in sources.items() for run in runs]
    given = paths_of(config, sources)
    own = [Input(role, path) for role, path in given if is_path(path)]
    run = Run(
        id=_fresh_id(settings),
        name=plan.name,
        kind=plan.kind,
        config=raw,
        config_hash=config_hash(config),
        created_at=time.time() + number * 1e-6,  # a recipe's runs keep their order
        recipe=plan.recipe,
        executor=plan.executor,
        tags=plan.tags,
        priority=plan.turn.priority,
        queue_group=plan.turn.queue_group,
        folder=settings.folder,
        inputs=(*linked, *own),
    )
    return run, config


def _fresh_id(settings: Settings) -> str:
    while (settings.runs / (id := new_id())).exists():
        pass
    return id


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _hidden(settings: Settings, run_id: str) -> Path:
    return settings.runs / f".new-{run_id}"


def _write(settings: Settings, run: Run, config: RunConfig, sources: Sources) -> None:
    hidden = RunDir(_hidden(settings, run.id))
    hidden.path.mkdir()
    write_whole(hidden.config, dumps(config))
    for role, runs in sources.items():
        for number, source in enumerate(runs):
            write_json(hidden.origin(role, number), source.config)
    write_card(hidden, queued_card(run, settings))


def _show(settings: Settings, store: Store, runs: Sequence[Run]) -> None:
    """Last in the transaction that adds the rows."""
    for run in runs:
        if settings.after:
            hooks.note(store.db, run.id, settings.after)
        os.rename(_hidden(settings, run.id), settings.runs / run.id)
