"""Files of a run looked at with another program, to which the terminal is given meanwhile."""

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from textual.app import App, SuspendNotSupported
from textual.message import Message

_PROGRAMS = {"PAGER": ("PAGER", "less"), "EDITOR": ("VISUAL", "EDITOR", "vi")}
"""What is wanted -> variables that may name it, then what is taken where none does."""


@dataclass
class FileWanted(Message):
    """Somebody wants to see a file, in their PAGER or their EDITOR."""

    path: Path
    program: str


def show(app: App[None], wanted: FileWanted) -> None:
    """Wait for the program; say so if it cannot be had."""
    path = wanted.path
    if not path.is_file():
        text = (
            f"{path.name} is a folder: y copies its path." if path.is_dir() else f"{path} is gone."
        )
        app.notify(text, severity="warning")
        return
    command = [*_command(wanted.program), str(path)]
    try:
        with app.suspend():
            subprocess.run(command, check=False)
    except SuspendNotSupported:
        app.notify("No other program can be shown here: y copies the path.", severity="warning")
    except OSError as error:
        text = (
            f"{command[0]} cannot be started: {error.strerror}. Set ${wanted.program} to a program."
        )
        app.notify(text, severity="error")
    app.refresh()


def _command(program: str) -> list[str]:
    *variables, otherwise = _PROGRAMS[program]
    given = next((os.environ[name] for name in variables if os.environ.get(name)), otherwise)
    return shlex.split(given) or [otherwise]
