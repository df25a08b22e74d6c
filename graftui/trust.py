"""What the user has allowed a folder's graftui.toml to choose: which program is run as the engine,
what is called when a run ends or at a key, and which commands a job of Slurm begins with.

Kept in the user's own configuration, by the file's path and the value: a folder that somebody sent
cannot bring its own leave along.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from graftui.errors import UsageError

COMMANDS = ("python", "after")
"""Knobs that are commands; each may be given by an environment variable instead."""
_KINDS = {"python": "a program", "after": "a command", "slurm": "commands and options",
          "commands": "commands"}  # fmt: skip


class NotAllowed(UsageError):
    """A folder's file names something to run, and nobody has allowed it."""

    def __init__(self, file: Path, name: str, value: str) -> None:
        instead = f"; or set GRAFTUI_{name.upper()} instead" if name in COMMANDS else ""
        super().__init__(
            f"{file} sets {name} = {value!r}: {_KINDS[name]} that graftui would run.",
            f"If you trust it, type the command again on a terminal, which asks{instead}; or take "
            "the line out.",
        )
        self.file = file
        self.name = name
        self.value = value


def check(file: Path, name: str, value: str) -> None:
    """Raises NotAllowed unless the user has allowed just this."""
    if _allowed(name).get(_name(file)) != value:
        raise NotAllowed(file, name, value)


def allow(file: Path, name: str, value: str) -> None:
    """From now on, for this file and this value."""
    from engine.contract.layout import write_json  # only who allows something needs it

    _kept().parent.mkdir(parents=True, exist_ok=True)
    kept = {each: _allowed(each) for each in _KINDS}
    write_json(_kept(), {**kept, name: {**kept[name], _name(file): value}})


def _allowed(name: str) -> dict[str, str]:
    with suppress(OSError, ValueError, TypeError, KeyError):
        return dict(json.loads(_kept().read_bytes())[name])
    return {}


def user_folder() -> Path:
    """The user's own configuration of graftui."""
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(os.path.expanduser(folder)) / "graftui"


def _kept() -> Path:
    return user_folder() / "allowed.json"


def _name(file: Path) -> str:
    return os.path.realpath(file)
