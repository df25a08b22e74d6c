"""How values are typed: 90 or 90 % for a score, 8,505 weights, 3:05 min, a date."""

import math
import re
from collections.abc import Callable
from datetime import datetime

Reader = Callable[[str], float | None]
"""What a text means as a number; None: it is none."""


def number(text: str) -> float | None:
    """A number, or yes and no as 1 and 0."""
    word = text.lower()
    if word in ("true", "yes", "false", "no"):
        return float(word in ("true", "yes"))
    try:
        value = float(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))  # 8,505
    except ValueError:
        return None
    return None if math.isnan(value) else value


def date(text: str) -> float | None:
    """Seconds since the epoch, or a date."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return number(text)


def percent(text: str) -> float | None:
    """90 or 90 %."""
    return number(text.removesuffix("%").strip())


_UNITS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float | None:
    """Seconds, as tables show them: 12 s, 3:05 min (or 3:05), 2:10 h, 2:10:00, 3d."""
    form = re.fullmatch(r"([\d.:]+)\s*(s|min|m|h|d)?", text.strip())
    if form is None:
        return number(text)
    parts, unit = form[1].split(":"), form[2] or ""
    size = _UNITS[unit] if unit else 3600.0 if len(parts) == 3 else 60.0 if parts[1:] else 1.0
    numbers = [number(part) for part in parts]
    if None in numbers or len(parts) > 3:
        return None
    return sum(size * (value or 0.0) / 60.0**nth for nth, value in enumerate(numbers))
