"""Exact data on standard output, for scripts."""

from dataclasses import asdict
from typing import Any

from engine.contract import finite
from graftui.models import Run
from graftui.text import send


def send_json(value: Any) -> None:
    """`value` as JSON."""
    send(finite.dumps(value) + "\n")


# What older scripts read: of the last attempt, where there was one start alone; of `inputs` one.
_OF_ATTEMPT = ("host", "boot_id", "pid", "pid_ticks", "exit_code", "signal")


def as_json(run: Run) -> dict[str, Any]:
    """All that the registry has of a run."""
    last = {name: getattr(run.attempt, name) for name in _OF_ATTEMPT}
    return {**asdict(run), **last, "claims": run.attempt.n, "parent": run.parent}
