"""queue.json of a data folder: how wide the queue is and what of it is paused, as its user said.

A file, so that it outlives the registry; read anew at each look. Owns its form: a value in it that
is wrong counts as not said; a file that cannot be read at all may have said "paused", and counts as
that, until its user has mended it: it is not written over. Owns too how that goes together with
`jobs` of GRAFTUI_JOBS and graftui.toml.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.contract.layout import read_whole, write_json
from graftui.errors import UsageError
from graftui.registry import knobs
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.turns import Group, Knobs

JOBS, FILE_JOBS = "jobs", "jobs.file"
"""Knobs of the registry, for as long as there is work: what GRAFTUI_JOBS and graftui.toml said."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the file holds."""

    jobs: int | None = None
    """Runs at once; None: nothing was said."""
    paused: bool = False
    groups: dict[str, Group] = field(default_factory=dict)


def path(settings: Settings) -> Path:
    """Where it lies."""
    return settings.data / "queue.json"


def read(settings: Settings) -> Said:
    """What was said; nothing where there is no such file, paused where it cannot be read."""
    try:
        return _understood(settings)
    except UsageError:
        return Said(paused=True)


def trouble(settings: Settings) -> str:
    """Why the file cannot be read; empty: it can, or there is none."""
    try:
        _understood(settings)
        return ""
    except UsageError as error:
        return f"{error.message} Nothing new starts. {error.hint}"


def _understood(settings: Settings) -> Said:
    """Raises UsageError."""
    try:
        raw = json.loads(read_whole(path(settings)))
    except FileNotFoundError:
        return Said()
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(settings, str(getattr(error, "strerror", None) or error)) from error
    if not isinstance(raw, dict):
        raise _unusable(settings, "it is no JSON object")
    named = raw.get("groups")
    groups = {
        name: Group(jobs, part.get("paused") is True)
        for name, part in (named if isinstance(named, dict) else {}).items()
        if isinstance(part, dict) and (jobs := _width(part.get("jobs")))
    }
    return Said(_width(raw.get("jobs")), raw.get("paused") is True, groups)


def _unusable(settings: Settings, why: str) -> UsageError:
    return UsageError(
        f"{path(settings)} cannot be read ({why}).",
        "Mend it, or delete it and say again what the queue is to do.",
    )


def change(settings: Settings, store: Store, how: Callable[[Said], Said]) -> Said:
    """Write what `how` makes of what was said; what stands there now. Of several at once, one by
    one: each within a transaction of the registry. Raises OSError, and UsageError for a file that
    cannot be read.
    """
    with store.write() as db:
        said = how(_understood(settings))
        settings.data.mkdir(parents=True, exist_ok=True)
        write_json(path(settings), asdict(said))
        db.execute("DELETE FROM knobs WHERE folder = ? AND name = ?", (settings.folder, JOBS))
    return said


def note_jobs(settings: Settings, store: Store) -> None:
    """Keep for the supervisor what this command was told."""
    if settings.jobs is not None:
        name = JOBS if "jobs" in settings.told else FILE_JOBS
        knobs.note(store, settings.folder, name, settings.jobs)


def in_force(settings: Settings, store: Store) -> Knobs:
    """The queue as it is now. What a command was told by GRAFTUI_JOBS counts for as long as there
    is work, or until somebody says otherwise; then the file; then graftui.toml.
    """
    said = read(settings)
    now = (knobs.read(store, settings.folder, name) for name in (JOBS, FILE_JOBS))
    told, default = now
    return Knobs(told or said.jobs or default or settings.jobs, said.paused, said.groups)


def resumed_by(settings: Settings, group: str) -> str:
    """The command that lets runs of `group` start again; empty: they are not paused."""
    said = read(settings)
    if said.paused:
        return "graftui queue resume"
    part = said.groups.get(group)
    return f"graftui queue resume {group}" if part and part.paused else ""


def _width(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and value >= 1 else None
