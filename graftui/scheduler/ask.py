"""Asking the engine a question, in a process of its own: graftui itself must not import torch.

Owns the exchange of `python -m engine.tools`: one JSON object each way, and lines of progress on
standard error. Makes no run.
"""

import json
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from graftui.errors import EnvironmentProblem, UsageError
from graftui.scheduler.environment import importable
from graftui.settings import Settings

_LAST_LINES = 6
"""Of the standard error of a crash: the end of its traceback."""
_PROGRESS = "progress: "
"""How a line of standard error begins that says how far the engine is."""
_CLEANING_S = 5.0
"""What an interrupted engine has to take back what it had half written."""

Hear = Callable[[str], object]


def ask(verb: str, question: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The engine's answer to `verb` ("task", "model", "kshot" or "skill"), after some seconds.

    How far it is shows on a terminal's standard error. Raises UsageError for a question it
    refuses, EnvironmentProblem if it crashes. Ctrl-C ends it.
    """
    from graftui.terminal import Console, Text  # here: only who waits needs Rich

    waiting = "asking the engine, which takes some seconds to load"
    with Console(stderr=True).status(waiting) as status:

        def hear(text: str) -> None:
            status.update(Text(text))

        done = _exchange(verb, json.dumps(question), settings, hear)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise _crash(verb, done) from None
    if not answer.pop("ok"):
        raise UsageError(answer["message"], answer["hint"])
    return dict(answer)


def _exchange(
    verb: str, question: str, settings: Settings, hear: Hear
) -> "subprocess.CompletedProcess[str]":
    """Ask, and wait: what came on standard output, and the last lines of standard error."""
    # A file, not a second pipe: nobody empties it while standard error is followed.
    with (
        tempfile.TemporaryFile("w+") as answer,
        subprocess.Popen(
            [settings.python, "-m", "engine.tools", verb],
            cwd=settings.root,
            env=importable(),
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            process_group=0,  # a Ctrl-C reaches it once, from here
        ) as child,
    ):
        assert child.stdin is not None
        assert child.stderr is not None
        try:
            _say(child.stdin, question)
            last = _follow(child.stderr, hear)
            code = child.wait()
        except BaseException:
            _interrupt(child)
            raise
        answer.seek(0)
        return subprocess.CompletedProcess(child.args, code, answer.read(), "\n".join(last))


def _say(pipe: IO[str], question: str) -> None:
    with suppress(BrokenPipeError), pipe:  # it died: its standard error says why
        pipe.write(question)


def _follow(lines: Iterable[str], hear: Hear) -> deque[str]:
    """Pass on what tells of progress; the last lines of the rest."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    for line in map(str.rstrip, lines):
        if line.startswith(_PROGRESS):
            hear(line.removeprefix(_PROGRESS))
        else:
            last.append(line)
    return last


def _interrupt(child: "subprocess.Popen[str]") -> None:
    """End it, with time to take back what it had half written."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(_CLEANING_S)
    except subprocess.TimeoutExpired:
        child.kill()


def _crash(verb: str, done: "subprocess.CompletedProcess[str]") -> EnvironmentProblem:
    if done.returncode == -signal.SIGKILL:
        return EnvironmentProblem(
            f"The engine was killed while it answered `{verb}`.",
            "Most likely the memory ran out; end other work, or take a smaller model.",
        )
    return EnvironmentProblem(
        f"The engine crashed while it answered `{verb}` (exit code {done.returncode}):\n"
        f"{done.stderr}",
        "`graftui doctor` checks the installation; if that is fine, this is a bug.",
    )
