"""`graftui` typed in a process of its own, which is a fork of one that has imported it."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.forks import FORKS, become


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
        process = FORKS.Process(target=_main, args=(arguments, cwd, env, streams, first))
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
    become(cwd, env, *streams)
    sys.stdin = open(os.devnull)  # noqa: SIM115  for as long as the process lives
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(n, "wb")) for n in (1, 2))
    sys.argv = ["graftui", *arguments]
    if first is not None:
        first()

    from graftui.__main__ import main

    main()
