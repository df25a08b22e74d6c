"""Exact data on standard output, for scripts."""

from dataclasses import asdict
from typing import Any

from engine.contract import finite
from graftui.models import Run
from graftui.text import send


def send_json(value: Any) -> None:
    """`value` as JSON."""
    send(finite.dumps(value) + "\n")


def as_json(run: Run) -> dict[str, Any]:
    """All that the registry has of a run; `parent` is what older scripts read for `inputs`."""
    return asdict(run) | {"parent": run.parent}
