"""What the user has allowed a folder's graftui.toml to choose: which program is run as the engine.

Kept in the user's own configuration, by the file's path and the value: a folder that somebody sent
cannot bring its own leave along.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from graftui.errors import UsageError


class NotAllowed(UsageError):
    """A folder's file names a program to run, and nobody has allowed it."""

    def __init__(self, file: Path, python: str) -> None:
        super().__init__(
            f"{file} sets python = {python!r}: a program that graftui would run.",
            "If you trust it, type the command again on a terminal, which asks; or set "
            "GRAFTUI_PYTHON instead; or take the line out.",
        )
        self.file = file
        self.python = python


def check(file: Path, python: str) -> None:
    """Raises NotAllowed unless the user has allowed just this."""
    if _allowed().get(_name(file)) != python:
        raise NotAllowed(file, python)


def allow(file: Path, python: str) -> None:
    """From now on, for this file and this value."""
    from engine.contract.layout import write_json  # only who allows something needs it

    _kept().parent.mkdir(parents=True, exist_ok=True)
    write_json(_kept(), {"python": {**_allowed(), _name(file): python}})


def _allowed() -> dict[str, str]:
    with suppress(OSError, ValueError, TypeError, KeyError):
        return dict(json.loads(_kept().read_bytes())["python"])
    return {}


def user_folder() -> Path:
    """The user's own configuration of graftui."""
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(os.path.expanduser(folder)) / "graftui"


def _kept() -> Path:
    return user_folder() / "allowed.json"


def _name(file: Path) -> str:
    return os.path.realpath(file)
