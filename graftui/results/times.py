"""Times as a person reads them: how long, how long ago, at what o'clock. The one place for them.

`narrow`: in a cell of a table that has no room for the unit's name.
"""

import time
from datetime import UTC, datetime


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


def time_until(seconds: float | None) -> str:
    """ "in about 4 min", or "now". None: nothing."""
    if seconds is None:
        return ""
    return f"in {time_left(seconds).removesuffix(' left')}" if seconds >= 1 else "now"


def moment(t: float) -> str:
    """`t` in seconds since the epoch as a date and time that programs read, in UTC."""
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="seconds")


def clock(t: float) -> str:
    """The time of day where the reader is, of `t` in seconds since the epoch: 14:03:59."""
    return time.strftime("%H:%M:%S", time.localtime(t))
