"""Where the commands of a test are typed."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graftui.__main__ import main
from graftui.registry.store import Store
from graftui.text import fit
from tests.scheduler.forked import use_forked

ENOUGH_S = 300
"""Before a test gives up on a command, or on a run; none that passes waits so long."""


@dataclass(frozen=True)
class Workplace:
    """Where the commands of a test are typed."""

    path: Path
    env: dict[str, str]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """`graftui ARGUMENTS`, not waited for."""
        Store.open(self.path / "runs.db").close()  # else it takes most of a second to make one
        return subprocess.Popen(
            [sys.executable, "-m", "graftui", *arguments], cwd=self.path, env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, code: int = 0) -> str:
        """`graftui ARGUMENTS`, typed in this process: its output, after checking its exit code."""
        with pytest.MonkeyPatch.context() as patch, giving_up(ENOUGH_S):
            patch.chdir(self.path)
            for name in os.environ.keys() - self.env.keys():
                patch.delenv(name)
            for name, value in self.env.items():
                patch.setenv(name, value)
            use_forked(patch)
            self.change(patch)
            left, text = in_process(patch, list(arguments))
        assert left == code, f"exit {left}\n{text}"
        return text

    def change(self, patch: pytest.MonkeyPatch) -> None:
        """What else is other while a command is at work."""

    def json(self, *arguments: str) -> Any:
        """The JSON that `graftui ARGUMENTS --json` prints."""
        return json.loads(self.run(*arguments, "--json"))

    def wait(self, ref: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The run `ref` once `until` holds for it."""
        deadline = time.monotonic() + ENOUGH_S
        while time.monotonic() < deadline:
            with suppress(AssertionError):  # not there yet
                run: dict[str, Any] = self.json("show", ref)
                if until(run):
                    return run
            time.sleep(0.05)
        raise AssertionError(f"{ref} did not get there: {self.run('ls')}")


@contextmanager
def giving_up(after_s: int) -> Iterator[None]:
    """Raises TimeoutError in the block when it takes longer."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"still at work after {after_s} s")

    kept = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(after_s)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, kept)


def typed(monkeypatch: pytest.MonkeyPatch, arguments: list[str], encoding: str = "utf-8") -> str:
    """What the command prints on either stream; it ends neither in a traceback nor as a bug."""
    code, text = in_process(monkeypatch, arguments, encoding)
    assert "Traceback" not in text, text
    assert code in (0, 2, 3) or "doctor" in arguments, text
    return text


def in_process(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], encoding: str = "utf-8"
) -> tuple[int, str]:
    """Exit code of the command, typed in this process, and what it prints on either stream."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(sys, "argv", ["graftui", *arguments])
    # `python -m pytest` is no part of the name, as which what completes words is asked.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "", raising=False)
    for stream in streams:
        fit(stream)
    with pytest.raises(SystemExit) as left:
        main()
    for stream in streams:
        stream.flush()
    written = [stream.buffer.getvalue() for stream in streams]  # type: ignore[attr-defined]
    return int(left.value.code or 0), "".join(data.decode(encoding) for data in written)
