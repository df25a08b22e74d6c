"""The filters that were used before, on whatever day: newest first, none twice."""

from typing import Any

from graftui.text import visible
from graftui.tui.remembered import Remembered

_NAME = "runs.filters"
_MOST = 100


def history(remembered: Remembered) -> tuple[str, ...]:
    """All of them."""
    return remembered.get(_NAME, _checked, ())


def keep(remembered: Remembered, text: str) -> None:
    """One was used."""
    others = (other for other in history(remembered) if other != text)
    remembered.put(_NAME, [text, *others][:_MOST])


def _checked(value: Any) -> tuple[str, ...]:
    """Those that can be put into a line, where somebody edited the file."""
    if not isinstance(value, list):
        raise TypeError(value)
    texts = [text for text in value if isinstance(text, str) and text.strip()]
    return tuple(dict.fromkeys(text for text in texts if visible(text) == text))[:_MOST]
