"""`graftui` as a fork of a process that has imported it: new, less a second of imports."""

import io
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

_FORKS = multiprocessing.get_context("forkserver")
# pytest too: a child imports the main module of its parent.
_FORKS.set_forkserver_preload(
    ["pytest", "graftui.__main__", "graftui.scheduler.submit", "graftui.planning.plans",
     "graftui.results.score_table", "graftui.cli.commands.listing", "graftui.results.export",
     "graftui.cli.commands.running", "graftui.cli.commands.live", "graftui.cli.commands.detail",
     "graftui.cli.commands.sweeps", "graftui.cli.commands.queue", "graftui.scheduler.look",
     "graftui.doctor", "sqlite_utils", "tests.cli.frozen"]
)  # fmt: skip


def graftui(
    arguments: list[str],
    cwd: Path,
    env: dict[str, str],
    timeout_s: float,
    first: Callable[[], object] | None = None,
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `graftui ARGUMENTS`.

    `first`: what its process does before, in that environment.
    """
    with TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("out", "err")]
        process = _FORKS.Process(target=_main, args=(arguments, cwd, env, streams, first))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
        out, err = (stream.read_text() for stream in streams)
        assert process.exitcode is not None, f"still at work after {timeout_s} s\n{out}\n{err}"
        return process.exitcode, out, err


def _main(
    arguments: list[str],
    cwd: Path,
    env: dict[str, str],
    streams: list[Path],
    first: Callable[[], object] | None,
) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin = open(os.devnull)  # noqa: SIM115  for as long as the process lives
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(n, "wb")) for n in (1, 2))
    sys.argv = ["graftui", *arguments]
    if first is not None:
        first()

    from graftui.__main__ import main

    main()
