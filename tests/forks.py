"""Processes that are forks of one that has imported graftui: new, less a second of imports."""

import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
# pytest too: a child imports the main module of its parent.
FORKS.set_forkserver_preload(
    ["pytest", "graftui.__main__", "graftui.scheduler.submit", "graftui.planning.plans",
     "graftui.cli.commands.listing", "graftui.cli.commands.running", "graftui.cli.commands.live",
     "graftui.cli.commands.detail", "graftui.cli.commands.queue", "graftui.scheduler.look",
     "graftui.scheduler.supervise", "sqlite_utils", "tests.frozen"]
)  # fmt: skip


def become(cwd: Path, env: Mapping[str, str], out: Path, err: Path) -> None:
    """In such a process: be where it was started, and write there."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate((out, err), start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
