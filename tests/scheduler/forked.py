"""Supervisors as forks of a process that has imported them: as detached, less a second of imports.

Tests of how one is really started (`graftui` as a process of its own, tests/soak) do without.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from graftui.scheduler import look
from tests.forks import FORKS, become


class Forked:
    """What `look` knows of a subprocess.Popen."""

    def __init__(
        self, command: list[str], cwd: Path, env: Mapping[str, str], stdout: IO[bytes], **_: object
    ) -> None:
        assert command[:3] == [sys.executable, "-m", "graftui.scheduler.supervise"]
        arguments = (command[3], cwd, dict(env), Path(stdout.name))
        self._process = FORKS.Process(target=_supervise, args=arguments, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        self._one_at_a_time = threading.Lock()

    def poll(self) -> int | None:
        with self._one_at_a_time:
            return self._process.exitcode

    def wait(self) -> int | None:
        wait([self._process.sentinel])
        return self.poll()


def use_forked(patch: pytest.MonkeyPatch) -> None:
    """Have `look.ensure` start supervisors so."""
    patch.setattr(look, "subprocess", SimpleNamespace(
        Popen=Forked, DEVNULL=subprocess.DEVNULL, STDOUT=subprocess.STDOUT
    ))  # fmt: skip


def _supervise(settings: str, cwd: Path, env: dict[str, str], log: Path) -> None:
    os.setsid()
    become(cwd, env, log, log)
    sys.argv = ["supervise", settings]

    from graftui.scheduler.supervise import main

    main()
