"""What is done to the runs of a soak: killed, told to go, slept, cancelled, typed at, by chance.

All chances come from one seed. Notes what it did; judges nothing but the commands that it types.
"""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from tests.soak.home import Home, send

FINE = (0, 2)
"""Done, or refused: the run may have gone on meanwhile."""
UNABLE = 5
"""Fine too, while the disk is full."""
_FULL_S = 1.0
_ASLEEP_S = 0.6
_HOUR_S = 3600.0
_CHUNK = bytes(1 << 16)


@dataclass
class Chaos:
    """One soak's troubles."""

    home: Home
    chance: random.Random
    ids: list[str]
    did: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Commands that ended as they should not."""
    tags: dict[str, set[str]] = field(default_factory=dict)
    """By run: tags whose commands said that they are on it."""
    _watchers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    _full: bool = False
    _offset: float = 0.0

    @property
    def acts(self) -> dict[Callable[[], None], int]:
        """Each trouble, and how often it comes beside the others."""
        return {
            self.kill_supervisor: 5,
            self.kill_warm_engine: 3,
            self.kill_engine: 8,
            self.preempt: 2,
            self.step_clock: 2,
            self.sleep: 1,
            self.watch: 2,
            self.kill_watcher: 2,
            self.two_commands: 5,
        }

    def act(self) -> None:
        """One trouble."""
        (chosen,) = self.chance.choices(list(self.acts), list(self.acts.values()))
        chosen()

    def end(self) -> None:
        """What looks on is gone, and the clock as far off as it is."""
        while self._watchers:
            self.kill_watcher()

    def kill_supervisor(self) -> None:
        self._kill("supervisor", signal.SIGKILL)

    def kill_warm_engine(self) -> None:
        self._kill("warm", signal.SIGKILL)

    def kill_engine(self) -> None:
        self._kill("engine", signal.SIGKILL)

    def preempt(self) -> None:
        """By another than graftui."""
        self._kill("engine", signal.SIGTERM)

    def _kill(self, what: str, number: signal.Signals) -> None:
        there = sorted(pid for pid, is_a in self.home.processes().items() if is_a == what)
        if there:
            self.did[f"{what} {number.name}"] += send(self.chance.choice(there), number)

    def step_clock(self) -> None:
        self._offset += self.chance.choice((-_HOUR_S, -60.0, 60.0, _HOUR_S))
        self.home.step_clock(self._offset)
        self.did["clock"] += 1

    def sleep(self) -> None:
        """As a laptop does: nothing goes on but the clock."""
        there = self.home.processes()
        for pid in there:
            send(pid, signal.SIGSTOP)
        self._offset += _HOUR_S
        self.home.step_clock(self._offset)
        time.sleep(_ASLEEP_S)
        for pid in there:
            send(pid, signal.SIGCONT)
        self.did["sleep"] += 1

    def watch(self) -> None:
        if len(self._watchers) < 2:
            self._watchers.append(self.home.watcher("watch", self.chance.choice(self.ids)))
            self.did["watch"] += 1

    def kill_watcher(self) -> None:
        if self._watchers:
            watcher = self._watchers.pop(0)
            watcher.kill()
            watcher.wait()

    def fill_disk(self) -> None:
        """For a while. Commands that are typed meanwhile may say that they are unable."""
        filler = self.home.path.with_name("filler")
        self._full = True
        until = time.monotonic() + _FULL_S
        with filler.open("wb", buffering=0) as file:
            while time.monotonic() < until:
                with suppress(OSError):
                    while file.write(_CHUNK) == len(_CHUNK):
                        pass
                self.two_commands()
        filler.unlink()
        self._full = False
        self.did["full disk"] += 1

    def two_commands(self) -> None:
        """At once, on the same run or on two."""
        ids = [self.chance.choice(self.ids)] * 2
        if self.chance.random() < 0.5:
            ids = self.chance.sample(self.ids, 2)
        commands = [self._command(id) for id in ids]
        with ThreadPoolExecutor(2) as both:
            results = list(both.map(lambda words: self.home.typed(*words), commands))
        for words, (code, text) in zip(commands, results, strict=True):
            self._note(words, code, text)

    def _command(self, id: str) -> tuple[str, ...]:
        tag = f"t{self.chance.randrange(10**6)}"
        return self.chance.choice(
            (
                ("ls", "-n", "5"),
                ("queue",),
                ("show", id),
                ("tag", id, f"+{tag}"),
                ("tag", id, f"+{tag}"),
                ("note", id, tag),
                ("cancel", id),
                ("resume", id),
                ("queue", "hold", id),
                ("queue", "release", id),
                ("queue", "move", id, "--front"),
            )
        )

    def _note(self, words: tuple[str, ...], code: int, text: str) -> None:
        self.did[" ".join(words[:2] if words[0] == "queue" else words[:1])] += code == 0
        if code not in (*FINE, UNABLE if self._full else 0) or "Traceback" in text:
            self.wrong.append(f"`graftui {' '.join(words)}`: exit {code}\n{text[-1500:]}")
        elif words[0] == "tag" and code == 0:
            self.tags.setdefault(words[1], set()).add(words[2][1:])
