"""Asking the engine a question, in a process of its own: graftui itself must not import torch.

Owns the exchange of `python -m engine.tools`: one JSON object each way. Makes no run.
"""

import json
import signal
import subprocess
from typing import Any

from graftui.errors import EnvironmentProblem, UsageError
from graftui.launcher.spawn import importable
from graftui.settings import Settings

_LAST_LINES = 6
"""Of the standard error of a crash: the end of its traceback."""


def ask(verb: str, question: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The engine's answer to `verb` ("task", "model", "kshot" or "skill"), after some seconds.

    Raises UsageError for a question it refuses, EnvironmentProblem if it crashes. Ctrl-C ends it.
    """
    from rich.console import Console  # here: only who waits needs it

    with Console(stderr=True).status("asking the engine, which takes some seconds to load"):
        # On Ctrl-C, `run` kills the child before it passes the KeyboardInterrupt on.
        done = subprocess.run(
            [settings.python, "-m", "engine.tools", verb],
            cwd=settings.root,
            env=importable(),
            input=json.dumps(question),
            capture_output=True,
            text=True,
        )
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise _crash(verb, done) from None
    if not answer.pop("ok"):
        raise UsageError(answer["message"], answer["hint"])
    return dict(answer)


def _crash(verb: str, done: "subprocess.CompletedProcess[str]") -> EnvironmentProblem:
    if done.returncode == -signal.SIGKILL:
        return EnvironmentProblem(
            f"The engine was killed while it answered `{verb}`.",
            "Most likely the memory ran out; end other work, or take a smaller model.",
        )
    tail = "\n".join(done.stderr.splitlines()[-_LAST_LINES:])
    return EnvironmentProblem(
        f"The engine crashed while it answered `{verb}` (exit code {done.returncode}):\n{tail}",
        "`graftui doctor` checks the installation; if that is fine, this is a bug.",
    )
