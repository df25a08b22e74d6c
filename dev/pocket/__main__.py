"""Makes the embedded default: the pocket language's tasks and its two base models.

    python -m dev.pocket data/pocket                  # 6 minutes on 2 idle cores, 11 if busy
    python -m dev.pocket data/pocket --steps 200      # a quick one that knows next to nothing

Rewrites everything in the folder: masked-lm/, causal-lm/, tasks/, README.md. Seeded; one process
and one thread a model, so the same machine and versions give the same files.
"""

from __future__ import annotations

import argparse
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

TASK_SEED = 7
KINDS = ("masked", "causal")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dev.pocket",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="the folder to rewrite, e.g. data/pocket")
    parser.add_argument("--steps", type=int, help="pretraining steps (default: each recipe's own)")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from dev.pocket import bases, tasks  # after the arguments, so that --help is quick

    folder: Path = arguments.folder
    parts = {task.name: tasks.rows(task, TASK_SEED) for task in tasks.TASKS}
    shutil.rmtree(folder / "tasks", ignore_errors=True)
    for task in tasks.TASKS:
        tasks.write(task, parts[task.name], folder / "tasks")
    held_out = tasks.held_out([part for pair in parts.values() for part in pair])
    shutil.copyfile(Path(__file__).with_name("card.md"), folder / "README.md")
    with ProcessPoolExecutor(len(KINDS), mp_context=get_context("spawn")) as pool:
        made = pool.map(
            partial(bases.make_base, folder=folder, held_out=held_out, steps=arguments.steps), KINDS
        )
        for line in made:
            print(line)


if __name__ == "__main__":
    main()
