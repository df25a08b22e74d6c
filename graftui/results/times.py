"""Times as a person reads them: how long, how long ago, at what o'clock. The one place for them.

How this user wants to read them (`read_as`) holds for the process, as a locale does.
`narrow`: in a cell of a table that has no room for the unit's name.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from graftui.settings import ABSOLUTE, Settings


@dataclass(frozen=True, slots=True)
class Reading:
    """How times are read."""

    absolute: bool = False
    """When something was, not how long ago; when it will be, not in how long."""
    zone: str = ""
    """Empty: that of the machine."""


_reading = Reading()


def reading_of(settings: Settings) -> Reading:
    """The one that the settings ask for."""
    return Reading(settings.times == ABSOLUTE, settings.time_zone)


def read_as(reading: Reading) -> None:
    """From now on, in all of this process."""
    global _reading
    _reading = reading


def reading() -> Reading:
    """The one in force."""
    return _reading


def duration(seconds: float | None, narrow: bool = False) -> str:
    """How long: 12 s, 3:05 min, 2:10 h; narrow 12s, 3:05, 2:10:00. None: nothing is known."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))  # less: another clock made that time
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if whole < 60:
        return f"{whole}s" if narrow else f"{whole} s"
    if whole < 3600:
        return f"{minutes}:{rest:02d}" if narrow else f"{minutes}:{rest:02d} min"
    return f"{hours}:{minutes:02d}:{rest:02d}" if narrow else f"{hours}:{minutes:02d} h"


def age(seconds: float) -> str:
    """The one unit that says it: 5s, 12m, 3h, 9d."""
    whole = max(0, int(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def time_left(seconds: float | None) -> str:
    """ "about 4 min left": no finer than it can be known. None: nothing."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "some seconds left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def since(t: float, now: float, narrow: bool = False) -> str:
    """How long ago `t` was, or when; both in seconds since the epoch."""
    if _reading.absolute:
        return stamp(t, now, narrow)
    return age(now - t) if narrow else duration(now - t)


def ago(t: float, now: float) -> str:
    """ "5m ago", or when that was."""
    return stamp(t, now) if _reading.absolute else f"{age(now - t)} ago"


def time_until(seconds: float | None, now: float) -> str:
    """ "in about 4 min", or "about 14:03"; "now". None: nothing."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "now"
    if _reading.absolute:
        return f"about {stamp(now + seconds, now)}"
    return f"in {time_left(seconds).removesuffix(' left')}"


STAMP = len("23:59")
"""Cells of a narrow stamp, at most."""


def stamp(t: float, now: float, narrow: bool = False) -> str:
    """When `t` was: the time of day, before it the date if that is not today's, or the date with
    its year if that is not this one. Narrow: the time, the date or the year.
    """
    then, today = _local(t), _local(now)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if then.year == today.year:
        return f"{then:%m-%d}" if narrow else f"{then:%m-%d %H:%M}"
    return f"{then:%Y}" if narrow else f"{then:%Y-%m-%d}"


def moment(t: float) -> str:
    """`t` in seconds since the epoch as a date and time that programs read, in UTC."""
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="seconds")


def clock(t: float) -> str:
    """The time of day where the reader is, of `t` in seconds since the epoch: 14:03:59."""
    return f"{_local(t):%H:%M:%S}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _local(t: float) -> datetime:
    if _reading.zone:
        return (_EPOCH + timedelta(seconds=t)).astimezone(_zone(_reading.zone))
    return datetime(*time.localtime(t)[:6])


@cache
def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # here: most have their machine's

    return ZoneInfo(name)
