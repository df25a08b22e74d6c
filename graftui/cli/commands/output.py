"""Exact data on standard output, for scripts."""

from typing import Any

from engine.contract import finite
from graftui.text import send


def send_json(value: Any) -> None:
    """`value` as JSON."""
    send(finite.dumps(value) + "\n")
