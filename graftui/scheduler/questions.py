"""Asking the engine questions, in one process for as long as somebody asks: graftui itself must
not import torch.

Owns that process: it is started by the first question, answers any number of them, and is gone
with all that it started at the end of the `with` block. What the engine and graftui say to each
other is in engine.contract.questions. Makes no run.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Self, cast

from engine.contract.questions import messages
from engine.contract.questions.messages import Answered, Crashed, Hear, Progress, Ready, Refused
from engine.contract.questions.values import A, Question
from graftui.errors import EnvironmentProblem, UsageError
from graftui.scheduler.environment import importable
from graftui.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

_LAST_LINES = 6
"""Of the standard error of a crash: the end of its traceback."""
_LONGEST = 64 << 20
"""Bytes of an answer; none comes near it, and more would fill the memory."""
_CLEANING_S = 5.0
"""What an engine has to take back what it had half written, and to go."""
_LOOK_S = 0.02
_QUOTED = 200
_DOCTOR = "`graftui doctor` checks the installation; if that is fine, this is a bug."


def ask(question: Question[A], settings: Settings) -> A:
    """The answer to one question, after some seconds.

    How far it is shows on a terminal's standard error. Raises as `Engine.ask`.
    """
    from graftui.terminal import Console, Text  # here: only who waits needs Rich

    waiting = "asking the engine, which takes some seconds to load"
    with Console(stderr=True).status(waiting) as status, Engine(settings) as engine:
        return engine.ask(question, lambda far: status.update(Text(progress(far))))


def progress(far: Progress) -> str:
    """How far an answer is, in words."""
    return f"{100 * far.done // max(1, far.total)} % of {far.total:,} {far.what}"


class Engine:
    """An engine that answers questions, for the time of a `with` block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        raised: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self._end(raised is not None)

    def ask(self, question: Question[A], hear: Hear = lambda far: None) -> A:
        """The answer; `hear` is told how far it is.

        Raises UsageError for a question that the engine refuses, EnvironmentProblem if it crashes,
        is killed, or is of another version. Then, and after a Ctrl-C, the next question starts
        another one.
        """
        try:
            return self._asked(question, hear)
        except UsageError:
            raise
        except BaseException:
            self._end(interrupted=True)
            raise

    def _asked(self, question: Question[A], hear: Hear) -> A:
        if self._process is None:
            self._process = _Process(self._settings)
            self._process.greet(question.name)
        self._process.say(question)
        while isinstance(said := self._process.hear(question.name), Progress):
            hear(said)
        if isinstance(said, Refused):
            raise UsageError(said.message, said.hint)
        if not isinstance(said, Answered) or said.answer.name != question.name:
            raise self._process.confused(question.name, repr(said))
        return cast(A, said.answer)  # of one name, of one type

    def _end(self, interrupted: bool) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end(interrupted)


class _Process:
    """One process of the engine, and the pipes to it."""

    def __init__(self, settings: Settings) -> None:
        self._python = settings.python
        self._child = subprocess.Popen(
            [settings.python, "-m", "engine.tools"],
            cwd=settings.root,
            env=importable(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # a Ctrl-C reaches it once, from here
        )
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        """Empty standard error: else the engine would wait for that."""
        for line in _there(self._child.stderr):
            self._last.append(line.decode(errors="replace").rstrip())

    def greet(self, name: str) -> None:
        """Wait until it is up. Raises EnvironmentProblem if it is of another version."""
        line = self._line(name)
        with suppress(ValueError, TypeError, KeyError):
            said = json.loads(line)
            if said["said"] == Ready().said and said["version"] != messages.VERSION:
                raise EnvironmentProblem(
                    f"The engine of {self._python} is of another version: it answers questions of "
                    f"version {said['version']}, and this graftui asks those of version "
                    f"{messages.VERSION}.",
                    "Install graftui anew for that interpreter, or set GRAFTUI_PYTHON to its own.",
                )
        if not isinstance(messages.heard(line), Ready):
            raise self.confused(name, line.decode(errors="replace"))

    def say(self, question: Question[A]) -> None:
        """Nothing is wrong yet if it cannot hear: it died, and `hear` says why."""
        pipe = _there(self._child.stdin)
        with suppress(BrokenPipeError):
            pipe.write(messages.line(question))
            pipe.flush()

    def hear(self, name: str) -> Progress | Answered | Refused | Ready:
        """The next thing it says about question `name`. Raises EnvironmentProblem."""
        line = self._line(name)
        said = messages.heard(line)
        if said is None:
            raise self.confused(name, line.decode(errors="replace"))
        if isinstance(said, Crashed):
            raise _crash(name, said.trace.rstrip().splitlines()[-_LAST_LINES:])
        return said

    def _line(self, name: str) -> bytes:
        line = _there(self._child.stdout).readline(_LONGEST + 1)
        if len(line) > _LONGEST:
            raise EnvironmentProblem(
                f"The engine's answer to {name} has more than {_LONGEST >> 20} MiB.",
                "Ask for less at once.",
            )
        if not line.endswith(b"\n"):
            raise self._death(name)
        return line

    def _death(self, name: str) -> EnvironmentProblem:
        """What to say of one that ended without an answer."""
        by_itself = _ended(self._child)
        code = self.end(interrupted=True)
        if by_itself and code == -signal.SIGKILL:
            return EnvironmentProblem(
                f"The engine was killed while it answered {name}.",
                "Most likely the memory ran out; end other work, or take a smaller model.",
            )
        return _crash(name, self._last, f" (exit code {code})")

    def confused(self, name: str, said: str) -> EnvironmentProblem:
        """What to say of one that says what is no answer."""
        shown = said.strip() if len(said) <= _QUOTED else f"{said[:_QUOTED].strip()} ..."
        return EnvironmentProblem(
            f"The engine of {self._python} said what is no answer to {name}: {shown}", _DOCTOR
        )

    def end(self, interrupted: bool) -> int:
        """Its exit code, once it and all that it started are gone.

        `interrupted`: do not let it finish; it still has time to take back what it half wrote.
        """
        child = self._child
        with suppress(BrokenPipeError):
            _there(child.stdin).close()  # no more questions
        if interrupted:
            _signal(child, signal.SIGINT)
        _ended(child)
        _signal(child, signal.SIGKILL)
        code = child.wait()
        self._listener.join(_CLEANING_S)
        _there(child.stdout).close()
        return code


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # as Popen was told
    return stream


def _crash(name: str, last: Iterable[str], code: str = "") -> EnvironmentProblem:
    lines = "\n".join(last)
    said = f"The engine crashed while it answered {name}{code}:\n{lines}"
    return EnvironmentProblem(said, _DOCTOR)


def _ended(child: "subprocess.Popen[bytes]") -> bool:
    """Whether the process ends within a while; it is not reaped."""
    end = time.monotonic() + _CLEANING_S
    while child.returncode is None and time.monotonic() < end:
        if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(_LOOK_S)
    return child.returncode is not None


def _signal(child: "subprocess.Popen[bytes]", number: int) -> None:
    """To its whole group, whose number is its own until it is reaped."""
    if child.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
