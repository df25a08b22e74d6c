"""A sweep with cells in every state, written without a plan: its runs are rows and folders."""

import itertools
from typing import Any

from engine.contract import events as ev
from engine.contract.identity import config_hash
from engine.contract.sections import Section
from graftui.models import RunStatus
from graftui.planning.sweeps.axes import Axes
from graftui.planning.sweeps.sweep import Cell, Sweep, write
from graftui.settings import Settings
from tests.tui import world

SEEDS, LOCALIZERS = (13, 21, 42), ("learnt", "movement")
RECIPE = """
[finetune]
kind = "finetune"
model.name = "pocket:masked-lm"
task.name = "pocket-film"
"""
STATES = (
    RunStatus.finished, RunStatus.finished, RunStatus.running, RunStatus.failed, None,
    RunStatus.finished,
)  # fmt: skip


def sweep(settings: Settings, id: str = "swpaaa", name: str = "seeds", start: float = 0.8) -> Sweep:
    """Six cells: three done, one running, one failed, one missing."""
    cells: list[Cell] = []
    points = itertools.product((0.05, 0.2), SEEDS)
    for number, ((lr, seed), status) in enumerate(zip(points, STATES, strict=True)):
        about = world.config(train__lr=lr, task__data_seed=seed)
        cells.append(Cell({"train.lr": lr, "task.data_seed": seed},
                          {"finetune": config_hash(about)}))  # fmt: skip
        if status is not None:
            _run(settings, f"{id[-3:]}{number}", about, status, start + number / 40)
    axes = Axes({"train.lr": (0.05, 0.2), "task.data_seed": SEEDS})
    made = Sweep(id=id, name=name, created_at=world.NOW - 900, recipe="pocket", text=RECIPE,
                 axes=axes, cells=tuple(cells))  # fmt: skip
    write(settings, made)
    return made


def _run(settings: Settings, id: str, about: Section, status: RunStatus, accuracy: float) -> None:
    t = world.NOW - 500
    said = {
        RunStatus.finished: lambda: world.finetuned(t, accuracy),
        RunStatus.running: lambda: [world.began(t), *world.trained(t, 120)],
        RunStatus.failed: lambda: [
            world.began(t),
            ev.Failed(t=t + 3, reason=ev.FailReason.oom, message="out of memory", hint="less"),
        ],
    }[status]()
    busy: dict[str, Any] = {"status": RunStatus.starting, "attempt": world.alive(id)}
    world.add(settings, id, about, said, folder=settings.folder, created_at=t,
              **(busy if status is RunStatus.running else {}))  # fmt: skip
    settings.run_dir(id).digests.write_text("{}")
