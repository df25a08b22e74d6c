"""What is done to the queue, in threads: each job blocks, and returns what there is to say of it.

The twins are `graftui queue hold|release|move|pause|resume|jobs|group` and `graftui edit
--priority`.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.figures import counted
from graftui.scheduler import look
from graftui.scheduler.queue import arrange, queue_file, widths
from graftui.settings import Settings
from graftui.show import queue as words
from graftui.tui.messages import PartsRead, Told
from graftui.turns import Group

_WIDTH = re.compile(r"(?:(?P<group>\S+?)\s*(?:=|\s)\s*)?(?P<jobs>\d{1,6})")


class Where(StrEnum):
    """Where runs are moved to."""

    up = "up"
    down = "down"
    front = "front"
    back = "back"


def hold(settings: Settings, runs: Sequence[Run]) -> Told:
    """Hold queued runs back."""
    arrange.hold(settings, runs)
    return Told(f"Held {_named(runs)}.")


def move(settings: Settings, runs: Sequence[Run], where: Where) -> Told:
    """Move waiting runs."""
    if where in (Where.up, Where.down):
        arrange.shift(settings, runs, where is Where.up)
        return Told(f"Moved {_named(runs)} {where}.")
    arrange.move(settings, runs, None, where is Where.front)
    return Told(f"Moved {_named(runs)} to the {where}.")


def prioritize(settings: Settings, runs: Sequence[Run], by: int) -> Told:
    """Raise the priority of waiting runs, or lower it."""
    arrange.prioritize(settings, runs, by)
    look.set_going(settings)
    if len(runs) == 1:
        return Told(f"{runs[0].id}: priority {runs[0].priority + by}.")
    return Told(f"{counted(len(runs))}: priority {by:+d}.")


def parts(settings: Settings) -> PartsRead:
    """The queue and its groups."""
    said = queue_file.read(settings)
    return PartsRead({"": Group(said.jobs, said.paused), **said.groups})


def pause(settings: Settings, group: str, paused: bool) -> Told:
    """Pause a group or (empty) the whole queue, or let it go on."""
    said = widths.pause(settings, group, paused)
    text = words.pausing(group, paused)
    return Told(f"{text}; {words.STILL_PAUSED}" if said.paused and group and not paused else text)


def width(settings: Settings, text: str) -> Told:
    """So many runs at once, by "4", or of a group, by "big=1". Raises UsageError."""
    typed = _WIDTH.fullmatch(text)
    if typed is None:
        raise UsageError(f"{text!r} is no width.", "Type 4, or a group with its own: big=1.")
    group, jobs = typed["group"], int(typed["jobs"])
    if group is None:
        widths.widen(settings, jobs)
        return Told(words.width(widths.in_force(settings)))
    widths.widen_group(settings, group, jobs)
    return Told(words.group_width(group, jobs))


def _named(runs: Sequence[Run]) -> str:
    return f"{runs[0].kind} {runs[0].id}" if len(runs) == 1 else counted(len(runs))
