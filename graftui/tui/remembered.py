"""What the dashboard remembers of a user from one day to the next: theme, columns, views, history.

A file of the user's, below XDG_STATE_HOME: losing it loses habits, and nothing of a run. A file
that cannot be read counts as empty, one that cannot be written is not written.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def default_file() -> Path:
    """Where it is kept."""
    folder = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(os.path.expanduser(folder)) / "graftui" / "dashboard.json"


class Remembered:
    """Values by name. Several dashboards share the file: the last word on a name counts."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or default_file()
        self._values = self._read()

    def get(self, name: str, checked: Callable[[Any], T], default: T) -> T:
        """The value of a name; `checked` makes sense of what the file says, or raises."""
        if name not in self._values:
            return default
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            return checked(self._values[name])
        return default

    def put(self, name: str, value: Any) -> None:
        """From now on, and for the next time; None: forget it."""
        self._values = {**self._read(), name: value}
        if value is None:
            del self._values[name]
        from engine.contract.layout import write_json  # imports pydantic: only for who changes it

        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._file, self._values)

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError, RecursionError):
            values = json.loads(self._file.read_bytes())
            if isinstance(values, dict):
                return values
        return {}
