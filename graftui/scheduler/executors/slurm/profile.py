"""What a job asks of the cluster: [slurm] of graftui.toml, and [slurm.NAME] of what differs there.

Read anew whenever jobs are submitted. Refuses keys that it does not know, text that would be
another line of a job script, and commands that nobody has allowed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from graftui import trust
from graftui.errors import UsageError
from graftui.settings import FILE, PILOT, SLURM, tables

_TIME = re.compile(r"\d+(-\d+(:\d+){0,2}|(:\d+){1,2})?")
_MEMORY = re.compile(r"\d+[KMGT]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What each job is given. Empty: as the cluster has it."""

    partition: str = ""
    account: str = ""
    qos: str = ""
    time: str = ""
    """The longest that it may take: minutes, or as [DAYS-]HOURS:MINUTES:SECONDS."""
    memory: str = ""
    """Of the host: megabytes, or with K, M, G or T."""
    gres: str = ""
    """Such as gpu:1."""
    cpus: int = 0
    width: int = 0
    """At most so many jobs of an array at once; 0: as many as the cluster likes."""
    pilots: int = 1
    """At most so many pilot jobs share a list of runs."""
    setup: tuple[str, ...] = ()
    """Lines of shell before the engine starts, such as `module load cuda`."""
    args: tuple[str, ...] = ()
    """Further options of sbatch."""

    @property
    def commands(self) -> str:
        """What of it is run, in one text; empty: nothing."""
        return json.dumps([*self.setup, *self.args]) if self.setup or self.args else ""


def profile(root: Path, executor: str) -> Profile:
    """That of an executor's name: `slurm` or `slurm:NAME`, with `:pilot` at its end or not.

    Raises UsageError, NotAllowed.
    """
    file, (_, _, name) = root / FILE, executor.removesuffix(PILOT).partition(":")
    table = tables(file).get(SLURM, {})
    named = {key: value for key, value in table.items() if isinstance(value, dict)}
    plain = {key: value for key, value in table.items() if key not in named}
    if PILOT[1:] in named:
        raise UsageError(
            f"{file}: no profile of Slurm can be called {PILOT[1:]!r}.",
            "--on slurm:pilot is what has pilot jobs do the runs; call the profile otherwise.",
        )
    if name and name not in named:
        known = ", ".join(named) or "none"
        raise UsageError(
            f"There is no Slurm profile {name!r}.",
            f"{file} needs a table [slurm.{name}]; it has {known}.",
        )
    made = _read(Profile(), plain, f"{file}: [slurm]")
    made = _read(made, named.get(name, {}), f"{file}: [slurm.{name}]")
    if made.commands:
        trust.check(file, SLURM, made.commands)
    return made


def narrowed(asked: Profile, width: int) -> Profile:
    """With at most `width` runs at once; 0: as it is."""
    if not width:
        return asked
    return replace(asked, width=min(asked.width or width, width), pilots=min(asked.pilots, width))


def _read(given: Profile, table: Mapping[str, Any], where: str) -> Profile:
    known = {f.name for f in fields(Profile)}
    for key in table:
        if key not in known:
            raise UsageError(
                f"{where} has no setting {key!r}.", f"Known: {', '.join(sorted(known))}."
            )
    return replace(given, **{key: _value(f"{where} {key}", key, raw) for key, raw in table.items()})


def _value(where: str, key: str, raw: Any) -> Any:
    if key in ("setup", "args"):
        lines = [raw] if isinstance(raw, str) else raw
        if not isinstance(lines, list):
            raise UsageError(f"{where} should be a list of lines.", "Correct it, or leave it out.")
        return tuple(_line(where, line) for line in lines)
    if key in ("cpus", "width", "pilots"):
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
            raise UsageError(f"{where} = {raw!r} should be 1 or more.", "Or leave it out.")
        return raw
    text = _line(where, str(raw) if type(raw) is int else raw)
    form = {"time": _TIME, "memory": _MEMORY}.get(key)
    if form and not form.fullmatch(text):
        say = "30 (minutes), 4:00:00 or 2-0" if key == "time" else "8000 (MB) or 16G"
        raise UsageError(f"{where} = {text!r} is no {key}.", f"Write it as {say}.")
    if form is None and not re.fullmatch(r"[\w.:,@+*=\-\[\]()]+", text):
        raise UsageError(f"{where} = {text!r} is no name that Slurm knows.", "Correct it.")
    return text


def _line(where: str, raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip() or not raw.isprintable():
        raise UsageError(f"{where} = {raw!r} should be a line of text.", "Correct it.")
    return raw.strip()
