"""Where a soak takes place: a small disk with a working directory, and the ways to act on it.

Beside the disk, where there is always room: the diaries, the clock, and a package `engine` that is
the real one but for its entry and what its warm engine loads. Needs Linux.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graftui.settings import Settings, at
from tests.soak import clock, pretend_engine, typed

ROOT = Path(__file__).parents[2]
_SHADOW = {
    "sitecustomize.py": "from tests.soak import clock\nclock.install()\n",
    "engine/__init__.py": f"__path__.append({str(ROOT / 'engine')!r})\n",
    "engine/__main__.py": "import sys\nfrom tests.soak.pretend_engine import main\n"
    "if __name__ == '__main__':\n    sys.exit(main())\n",
    "engine/warm.py": "import sys\nfrom tests.soak import pretend_engine\n"
    "if __name__ == '__main__':\n    sys.exit(pretend_engine.warm())\n",
}
_KNOBS = "retry = 2\npoll_s = 0.1\ngrace_s = 3\n"
_MARKS = {"supervisor": "graftui.scheduler.supervise", "warm": "engine.warm"}


@dataclass(frozen=True)
class Home:
    """A soak's folders."""

    beside: Path
    path: Path
    """The working directory, on a disk of its own where that could be made."""
    small: bool
    """Whether it is on such a disk."""

    @property
    def settings(self) -> Settings:
        return at(self.path)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "GRAFTUI" not in name}
        found = os.pathsep.join([str(self.beside / "shadow"), str(ROOT)])
        own = {"PYTHONPATH": found, "COLUMNS": "160", "NO_COLOR": "1"}
        own |= {clock.VARIABLE: str(self.beside / "clock")}
        return kept | own | {pretend_engine.DIARIES: str(self.diaries)}

    @property
    def diaries(self) -> Path:
        return self.beside / "diaries"

    def typed(self, *words: str) -> tuple[int, str]:
        """Exit code and output of `graftui WORDS`."""
        code, out, err = typed.graftui(list(words), self.path, self.env, 240, clock.install)
        return code, out + err

    def watcher(self, *words: str) -> "subprocess.Popen[bytes]":
        """`graftui WORDS`, going on by itself."""
        return subprocess.Popen(
            [sys.executable, "-m", "graftui", *words], cwd=self.path, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def rows(self) -> dict[str, dict[str, Any]]:
        """By id: all runs, as a look at them says."""
        code, text = self.typed("ls", "-n", "0", "--json")
        assert code == 0, text
        return {row["id"]: row for row in json.loads(text)}

    def step_clock(self, seconds: float) -> None:
        clock.set_offset(self.beside / "clock", seconds)

    def processes(self) -> dict[int, str]:
        """All that have the working directory: number to what they are."""
        return dict(self._processes())

    def _processes(self) -> Iterator[tuple[int, str]]:
        for name in os.listdir("/proc"):
            with suppress(OSError):
                if name.isdigit() and Path(os.readlink(f"/proc/{name}/cwd")) == self.path:
                    line = Path("/proc", name, "cmdline").read_bytes().decode().split("\0")
                    yield int(name), next((what for what, mark in _MARKS.items() if mark in line),
                                          "engine" if "engine" in line else "other")  # fmt: skip


def send(pid: int, number: signal.Signals) -> bool:
    """Whether there was such a process."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


@contextmanager
def home(folder: Path, disk_bytes: int = 64 << 20) -> Iterator[Home]:
    """A home in `folder`; what is still there at the end is killed, and the disk taken away."""
    beside, disk = folder / "beside", folder / "disk"
    for path in (beside / "diaries", beside / "shadow" / "engine", disk):
        path.mkdir(parents=True)
    for name, text in _SHADOW.items():
        (beside / "shadow" / name).write_text(text)
    clock.set_offset(beside / "clock", 0.0)
    small = _mount(disk, disk_bytes)
    made = Home(beside, disk / "work", small)
    try:
        made.path.mkdir()
        (made.path / "graftui.toml").write_text(_KNOBS)
        yield made
    finally:
        for pid in made.processes():
            send(pid, signal.SIGKILL)
        if small:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def _mount(disk: Path, size: int) -> bool:
    """Needs root, and a container that lets it."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "soak", str(disk)]
    with suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False
