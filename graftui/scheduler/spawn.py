"""Making runs and starting engines.

A run directory is made whole, beside its place, and appears together with its row: there is no
half-made run. Owns the engine's command line and environment. Waits for nobody.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.contract.config import Finetuned, GraftConfig, Section, dumps
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir, write_json, write_whole
from graftui.errors import UsageError
from graftui.models import ACTIVE, Run, RunStatus
from graftui.registry.card import amend_card, write_card
from graftui.registry.held import queued_card
from graftui.registry.rows import new_id
from graftui.registry.store import Store
from graftui.scheduler.environment import for_engines
from graftui.scheduler.identity import identity
from graftui.scheduler.inputs import Inputs, note
from graftui.scheduler.settle import directory
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """A run to be made."""

    name: str
    kind: str
    """"finetune" or "graft"."""
    config: Section
    recipe: str = ""
    tags: tuple[str, ...] = ()
    after: int | str | None = None
    """What it waits for and builds on: an earlier plan's place in the list, or a run's id."""
    inputs: Inputs = field(default_factory=dict)
    """The user's files that it reads."""


def submit(settings: Settings, plans: Sequence[Plan]) -> list[Run]:
    """Queue `plans`, all or none, with their directories. `supervise.ensure` sets them going."""
    settings.runs.mkdir(parents=True, exist_ok=True)
    with Store.open(settings.db) as store:
        made: list[tuple[Run, Section]] = []
        parents: list[Run | None] = []
        for place, plan in enumerate(plans):
            parents.append(_parent(store, plan, place, made))
            made.append(_run(settings, plan, parents[-1], place))
        try:
            for (run, config), parent, plan in zip(made, parents, plans, strict=True):
                _write(settings, run, config, parent)
                write_json(RunDir(_hidden(settings, run.id)).inputs, plan.inputs)
            runs = [run for run, _ in made]
            store.add(runs, then=lambda: _show(settings, runs))
        except BaseException:
            for run, _ in made:
                hidden = _hidden(settings, run.id)
                shutil.rmtree(hidden if hidden.exists() else settings.runs / run.id, True)
            raise
    return runs


def start(settings: Settings, run: Run) -> "subprocess.Popen[bytes]":
    """Start the engine of a claimed run, in a session of its own: it outlives any terminal."""
    place = settings.run_dir(run.id)
    note(settings, place, settings.run_dir(run.parent) if run.parent else None)
    with place.output.open("ab") as output:
        process = subprocess.Popen(
            [settings.python, "-m", "engine", str(place.path)],
            cwd=settings.root,
            env=for_engines(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _sign(place),
        )
    try:
        _introduce(settings, run.id, process)
    except BaseException:
        process.kill()  # better none than one that nobody knows
        process.wait()
        raise
    return process


def _sign(place: RunDir) -> None:
    """In the engine's process, before it is the engine: who it is, on the card.

    Whoever starts it may be killed before it can write that down.
    """
    who = identity(os.getpid())
    assert who is not None
    with suppress(OSError):  # a full disk; its row says so too
        amend_card(place, **asdict(who))


def _introduce(settings: Settings, run_id: str, process: "subprocess.Popen[bytes]") -> None:
    """Note who the engine is in its row; end it if the run has been cancelled meanwhile."""
    who = identity(process.pid)
    assert who is not None  # its child: a zombie at worst
    with Store.open(settings.db) as store:
        wanted = store.update(
            run_id, only_if=(RunStatus.starting, RunStatus.running), **asdict(who)
        )
    if not wanted:
        process.kill()


def _parent(
    store: Store, plan: Plan, place: int, made: Sequence[tuple[Run, Section]]
) -> Run | None:
    if plan.after is None:
        return None
    if isinstance(plan.after, int):
        if not 0 <= plan.after < place:
            raise UsageError(f"{plan.name} waits for a run that does not come before it.",
                             "Put the run it waits for first.")  # fmt: skip
        return made[plan.after][0]
    parent = store.get(plan.after)
    if parent.status not in (*ACTIVE, RunStatus.finished):
        raise UsageError(f"{plan.name} needs the result of run {parent.id}, which is "
                         f"{parent.status}.", f"`graftui rerun {parent.id}` first.")  # fmt: skip
    return parent


def _run(settings: Settings, plan: Plan, parent: Run | None, place: int) -> tuple[Run, Section]:
    config = plan.config
    if parent is not None and isinstance(config, GraftConfig):
        checkpoint = _relative(directory(settings, parent).checkpoint, settings.root)
        source = Finetuned(path=checkpoint, config_hash=parent.config_hash)
        config = config.model_copy(update={"finetuned": source})
    run = Run(
        id=_fresh_id(settings),
        name=plan.name,
        kind=plan.kind,
        config=json.loads(dumps(config)),
        config_hash=config_hash(config),
        created_at=time.time() + place * 1e-6,  # a recipe's runs keep their order
        recipe=plan.recipe,
        tags=plan.tags,
        folder=settings.folder,
        parent=parent.id if parent else None,
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


def _write(settings: Settings, run: Run, config: Section, parent: Run | None) -> None:
    hidden = RunDir(_hidden(settings, run.id))
    hidden.path.mkdir()
    write_whole(hidden.config, dumps(config))
    if parent is not None:
        write_json(hidden.origin, parent.config)
    write_card(hidden, queued_card(run, settings))


def _show(settings: Settings, runs: Sequence[Run]) -> None:
    for run in runs:
        os.rename(_hidden(settings, run.id), settings.runs / run.id)
