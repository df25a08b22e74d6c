"""Provenance as the run folder has it: what each attempt noted of code, data and machine.

Owns where an older run says some of it: its events tell host, device and versions. Writes nothing.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress

from engine.contract.layout import RunDir, read_whole
from engine.contract.provenance import HARDWARE, PACKAGES, Provenance, understood
from graftui.registry.tail import stretch

_FILE = re.compile(r"([1-9][0-9]{0,8})\.provenance\.json")


def recorded(run_dir: RunDir, attempt: int) -> Provenance:
    """What the `attempt`-th start of a run noted; empty where nothing can be read."""
    return _noted(run_dir, attempt) or _of_events(run_dir, attempt)


def all_recorded(run_dir: RunDir) -> dict[int, Provenance]:
    """What each start that noted something did, by its number."""
    try:
        names = map(_FILE.fullmatch, os.listdir(run_dir.attempts))
    except OSError:
        return {}
    numbers = sorted(int(name[1]) for name in names if name)
    return {n: known for n in numbers if (known := _noted(run_dir, n))}


def _noted(run_dir: RunDir, attempt: int) -> Provenance:
    try:
        return understood(json.loads(read_whole(run_dir.provenance(attempt))))
    except (OSError, ValueError, RecursionError):
        return {}


def _of_events(run_dir: RunDir, attempt: int) -> Provenance:
    """By the event that began it; in the first version attempts had no number."""
    told: Provenance = {}
    for event in _starts(run_dir):
        if event.get("attempt") in (attempt, 0, None):
            hardware = {name: event.get(name) for name in ("host", "device")}
            told = understood({HARDWARE: hardware, PACKAGES: event.get("versions")})
    return {name: facts for name, facts in told.items() if facts}


def _starts(run_dir: RunDir) -> Iterator[dict[str, object]]:
    whole = stretch(run_dir.events, 0)
    for line in whole.data.splitlines() if whole else ():
        with suppress(ValueError, RecursionError):
            event = json.loads(line) if b'"started"' in line else None
            if isinstance(event, dict) and event.get("event") == "started":
                yield event
