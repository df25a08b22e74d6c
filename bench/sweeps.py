"""A sweep of 10,000 cells planned by `--dry-run`: processor time of the whole command."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result
from bench.scale import command_ms
from graftui.settings import at

CELLS, PLANNED_S = 10_000, 30


def grid(cells: int) -> list[str]:
    """Axes that come to so many cells: seeds, and ten rates of each part."""
    seeds = ",".join(map(str, range(cells // 100)))
    rates = ",".join(f"{n / 100}" for n in range(1, 11))
    sizes = ",".join(f"{n}e-4" for n in range(1, 11))
    return [f"task.data_seed={seeds}", f"train.lr={rates}", f"graft.sparsity={sizes}"]


def run(cells: str = str(CELLS)) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        settings = at(Path(name))
        planning = ["sweep", "pocket", "--grid", *grid(int(cells)), "--dry-run"]
        took = command_ms(planning, settings.root, rounds=1) / 1000
    yield Result(f"a sweep of {int(cells):,} cells planned by --dry-run", took, "s", PLANNED_S)
