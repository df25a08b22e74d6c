"""What a user says of the queue as a whole: how wide it is, which groups it has, what is paused.

Each change is written to queue.json, and what may start by it is set going. Of single runs:
arrange.py.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.queue_file import Said
from graftui.settings import Settings
from graftui.turns import Group

_NAME = re.compile(r"\w[\w.-]{0,39}")


def pause(settings: Settings, group: str, paused: bool) -> Said:
    """Start nothing new of a group, or (empty) of the whole queue; or let it go on. Raises
    UsageError.
    """

    def change(said: Said) -> Said:
        if not group:
            return replace(said, paused=paused)
        part = replace(_known(said, group), paused=paused)
        return replace(said, groups={**said.groups, group: part})

    return _change(settings, change)


def widen(settings: Settings, jobs: int) -> Said:
    """So many runs at once; 0: as it is without a word. Raises UsageError."""
    return _change(settings, lambda said: replace(said, jobs=jobs or None))


def widen_group(settings: Settings, name: str, jobs: int) -> Said:
    """Make a group, make it wider or narrower, or (0) give it up. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a group.", "Letters, digits, - and ., at most 40."
        )

    def change(said: Said) -> Said:
        others = {other: part for other, part in said.groups.items() if other != name}
        if not jobs:
            _known(said, name)
            return replace(said, groups=others)
        paused = name in said.groups and said.groups[name].paused
        return replace(said, groups={**others, name: Group(jobs, paused)})

    return _change(settings, change)


def in_force(settings: Settings) -> int | None:
    """How many runs are at work at once by now; None: as many as have room."""
    with Store.open(settings.db) as store:
        return queue_file.in_force(settings, store).jobs


def _change(settings: Settings, how: Callable[[Said], Said]) -> Said:
    with Store.open(settings.db) as store:
        said = queue_file.change(settings, store, how)
    look.set_going(settings)
    return said


def _known(said: Said, group: str) -> Group:
    if group not in said.groups:
        there = f"There are: {', '.join(said.groups)}." if said.groups else "There are none yet."
        raise UsageError(f"The queue has no group {group!r}.", there)
    return said.groups[group]
