"""Commands of a user's own for the runs that are chosen: [commands.NAME] of graftui.toml.

Owns their table, and how one is called: as a line of shell, with the run in its environment as
after.py has it. Nothing of a run is put into the command's text. Refuses what nobody has allowed: a
graftui.toml may have come from somebody else.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from graftui import trust
from graftui.errors import UsageError
from graftui.models import Run
from graftui.scheduler.after import environment
from graftui.settings import COMMANDS, FILE, Settings, tables

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Command:
    """One of them."""

    name: str
    run: str
    """A line of shell."""
    key: str = ""
    """Keys that call it in the dashboard, as `[keys]` has them; empty: none."""


def commands(settings: Settings) -> tuple[Command, ...]:
    """All that there are, in their order. Raises UsageError, NotAllowed."""
    file = settings.root / FILE
    made = tuple(_read(f"{file}: [commands.{name}]", name, table)
                 for name, table in tables(file).get(COMMANDS, {}).items())  # fmt: skip
    if made:
        # The key too: on another one it would be called by who meant something else.
        trust.check(file, COMMANDS, json.dumps({each.name: [each.run, each.key] for each in made}))
    return made


def _read(where: str, name: str, table: Any) -> Command:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where} is no name of a command.", "Take letters from a to z, and -.")
    if not isinstance(table, Mapping):
        raise UsageError(f"{where} should be a table.", 'Such as: run = "less $GRAFTUI_RUN_DIR"')
    for key, value in table.items():
        if key not in ("run", "key"):
            raise UsageError(f"{where} has no setting {key!r}.", "Known: run, key.")
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise UsageError(f"{where} {key} should be a line of text.", "Correct it.")
    if not all(key.strip() for key in table.get("key", "none").split(",")):
        raise UsageError(f"{where} key names no key.", 'Such as: key = "f6", or "f6,ctrl+o".')
    if "run" not in table:
        raise UsageError(f"{where} has no `run`.", "It is the line of shell that is to be called.")
    return Command(name, table["run"].strip(), table.get("key", "").strip())


def call(settings: Settings, command: Command, run: Run, output: IO[bytes] | None = None) -> int:
    """Wait for it; its exit code, negative for a signal. Without `output` the terminal is its own.

    Raises OSError.
    """
    ended = subprocess.run(
        ["/bin/sh", "-c", command.run],
        cwd=settings.root,
        env=environment(settings, run),
        stdin=None if output is None else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        check=False,
    )
    return ended.returncode
