"""The warm engine as its starter sees it: one process, asked to fork a child a run.

Owns when there is one: it comes up with the first run that needs it, another one takes over when
the environment, the interpreter or the code is another, and where none can be had, runs are
started cold. Its children are this process's own children, so their ends are seen as of any other,
whatever becomes of it. Linux alone.
"""

import ctypes
import logging
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from engine.contract.warming import Begin, Forked, Ready, Refused, Said, Start, heard, line
from graftui.settings import Settings

log = logging.getLogger("graftui.warm")
# After so long another run is started cold: a disk may be slow, or the process have been stopped.
_LOADING_S = 120.0
# How long a fork may take: 20 ms, but for a machine that swaps.
_FORKING_S = 20.0
# So many in a row that came up and ended badly are enough.
_LIVES = 3
_OF_AN_ATTEMPT = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
"""Variables that a child still heeds; of the others some are read when a library is loaded."""
_MODULE = "engine.warm"
_PR_SET_CHILD_SUBREAPER = 36

Key = tuple[object, ...]
"""What a warm engine was started with: under another key there has to be another."""


@dataclass
class _Process:
    """A warm engine, and the socket to it."""

    key: Key
    child: "subprocess.Popen[bytes]"
    channel: socket.socket
    since: float
    up: bool = False

    def end(self) -> None:
        """Have it go, whatever it is doing. Its children stay."""
        self.channel.close()
        self.child.kill()
        self.child.wait()


class Warm:
    """Forks engines for one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._process: _Process | None = None
        self._lives = _LIVES if settings.warm and _possible(settings.python) else 0

    def ready(self, env: dict[str, str]) -> bool:
        """Whether an engine of that environment would start at once, be it cold. False: it is
        loading; ask again in a while.
        """
        if self._process is not None and self._process.child.poll() is not None:
            self._died("it has ended")
        if self._process is not None and self._process.key != self._key(env):
            self._retire("it is for another environment")
        if self._process is None and self._lives:
            self._process = self._launch(env)
        process = self._process
        if process is None or process.up:
            return True
        process.up = self._has_come_up(process)
        return self._process is None or process.up or _age_s(process) > _LOADING_S

    def fork(self, start: Start, output: IO[bytes], begin: Callable[[int], Begin]) -> int | None:
        """Process number of a child that is the engine of `start`; None: start it cold.

        Once there is a number, `begin` says of it what its folder is to know.
        """
        process = self._process
        if process is None or not process.up or process.key != self._key(start.env):
            return None
        gate, its_end = socket.socketpair()
        with gate, its_end, _adopting():
            try:
                socket.send_fds(process.channel, [line(start)], [output.fileno(), its_end.fileno()])
                said = _said(process)
            except (OSError, ValueError) as error:
                self._died(f"it forks no more: {error}")
                return None
            if isinstance(said, Forked) and _own(said.pid):
                gate.sendall(line(begin(said.pid)))
                return said.pid
            self._refused(said)
            return None

    def close(self) -> None:
        """End it, if there is one."""
        if self._process is not None:
            self._retire("nothing left to do")

    def _key(self, env: dict[str, str]) -> Key:
        path = shutil.which(self.settings.python) or self.settings.python
        changed = os.stat(path).st_mtime_ns if os.path.exists(path) else 0
        lasting = {name: env[name] for name in env if name not in _OF_AN_ATTEMPT}
        return path, changed, tuple(sorted(lasting.items()))

    def _launch(self, env: dict[str, str]) -> _Process | None:
        ours, its = socket.socketpair()
        with its:
            command = [self.settings.python, "-m", _MODULE, "--channel", str(its.fileno())]
            try:
                child = subprocess.Popen(
                    [*command, "--runs", str(self.settings.runs)],
                    cwd=self.settings.root,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[its.fileno()],
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                self._lives = 0
                log.warning("no warm engine: %s", error)
                return None
        log.info("warm engine %d is loading", child.pid)
        return _Process(self._key(env), child, ours, time.monotonic())

    def _has_come_up(self, process: _Process) -> bool:
        if not select.select([process.channel], [], [], 0)[0]:
            return False
        try:
            said = _said(process)
        except (OSError, ValueError) as error:
            said = Refused(str(error))
        if isinstance(said, Ready):
            log.info("warm engine %d is up after %.1f s", process.child.pid, _age_s(process))
            return True
        self._lives = 0  # another would fare no better
        self._refused(said)
        return False

    def _refused(self, said: Said) -> None:
        if isinstance(said, Refused) and said.outdated:
            self._retire(said.why)
        elif isinstance(said, Refused):
            self._lives = 0
            self._retire(said.why)
        else:
            self._died(f"it forked no child of this process: {said}")

    def _died(self, why: str) -> None:
        """One that has ended by itself, with code 0, was idle: that is no trouble."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.child.wait(0.5)
        if self._process.child.returncode != 0:
            self._lives -= 1
        self._retire(why)

    def _retire(self, why: str) -> None:
        assert self._process is not None
        log.info("warm engine %d goes: %s", self._process.child.pid, why)
        self._process.end()
        self._process = None


def _possible(python: str) -> bool:
    """Whether `python` itself would be the engine: a script may do something else before."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        with open(shutil.which(python) or python, "rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False


def _age_s(process: _Process) -> float:
    return time.monotonic() - process.since


def _said(process: _Process) -> Said:
    """What it says next. Raises OSError if it is gone or takes too long, ValueError."""
    process.channel.settimeout(_FORKING_S)
    text = b""
    while not text.endswith(b"\n"):
        more = process.channel.recv(1 << 16)
        if not more:
            raise ConnectionResetError("it is gone")
        text += more
    return heard(text)


def _own(pid: int) -> bool:
    """Whether `pid` is a child of this process, so that its end will be seen."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


@contextmanager
def _adopting() -> Iterator[None]:
    """For the block, orphans of what this process has started become its own children.

    The warm engine forks twice, and lets the child of its child be such an orphan.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
