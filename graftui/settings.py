"""Where things lie and how the scheduler behaves: flag > GRAFTUI_* > graftui.toml > default.

Owns the knobs and their names. Refuses unknown keys in graftui.toml, and a `python` or `after`
there that nobody has allowed. What stands in the tables of an executor is that one's business.
Makes no folder.
"""

import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graftui import trust
from graftui.errors import UsageError

if TYPE_CHECKING:
    from engine.contract.layout import RunDir

FILE = "graftui.toml"
_SWITCHES = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
SLURM = "slurm"
"""The executor that submits jobs to Slurm; `slurm:NAME` asks for a profile of that name."""
PILOT = ":pilot"
"""Ends the name of an executor whose jobs each do many runs: `slurm:pilot`, `slurm:NAME:pilot`."""
QUEUEING = (SLURM,)
"""Executors with a queue of their own: what they have takes no place of this host's. Each has a
table of its name in graftui.toml."""
KEYS = "keys"
"""The dashboard's table in graftui.toml: other keys for what its keys do."""
COMMANDS = "commands"
"""The table of a user's own commands: a table each, by name."""
_TABLES = (*QUEUEING, KEYS, COMMANDS)


RELATIVE, ABSOLUTE = "relative", "absolute"
"""How times are read."""


def queueing(executor: str) -> bool:
    """Whether what that executor runs does so on another machine."""
    return executor.partition(":")[0] in QUEUEING


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths are absolute."""

    root: Path
    """Working directory; paths in configs are relative to it."""
    db: Path
    """The registry."""
    runs: Path
    """A folder a run."""
    cache: Path
    grace_s: float = 10.0
    """Seconds between SIGTERM and SIGKILL when a run is cancelled."""
    poll_s: float = 0.25
    """Seconds between two looks at the runs."""
    jobs: int | None = None
    """Runs at once, where that was said; `graftui queue jobs` and groups: see queue_file.py."""
    trash_days: float = 7.0
    """Days that deleted runs are kept in the trash; 0: they are deleted at once."""
    retry: int = 0
    """So many times a run that was killed, preempted or lost is put back in the queue by itself."""
    python: str = sys.executable
    """Interpreter of the engine."""
    after: str = ""
    """Command that is called when a run ends which is queued now; see after.py."""
    warm: bool = True
    """Whether engines may be forked from one that has done its imports."""
    times: str = RELATIVE
    """Whether one reads how long ago something was, or when."""
    time_zone: str = ""
    """That times are read in, such as Europe/Berlin; empty: that of the machine."""
    inventory: str = ""
    """File that says what machine this is to be taken for; empty: what there is."""
    told: tuple[str, ...] = ()
    """Names of the knobs that this command was given, not by graftui.toml."""

    @property
    def data(self) -> Path:
        """Folder of runs/, and of the supervisor's log."""
        return self.runs.parent

    @property
    def folder(self) -> str:
        """Folder of the runs, by the one name that all ways to it come to."""
        return os.path.realpath(self.runs)

    @property
    def registry(self) -> str:
        """The registry, by the one name that all ways to it come to."""
        return os.path.realpath(self.db)

    def run_dir(self, id: str) -> "RunDir":
        """The directory of a run of this data folder."""
        from engine.contract.layout import RunDir  # here: who asks for help needs none

        return RunDir(self.runs / id)


def at(root: Path, **knobs: Any) -> Settings:
    """Settings with everything in its usual place below `root`."""
    data = root / "data"
    places = {"db": root / "runs.db", "runs": data / "runs", "cache": data / "cache"}
    return Settings(root=root, **{**places, **knobs})


def load(flags: Mapping[str, str | None] | None = None) -> Settings:
    """The settings in force here; `flags` by the names of KNOBS, None where not given."""
    root = Path.cwd()
    file = _read_file(root / FILE)
    knobs: dict[str, Any] = {}
    told = []
    for name, parse in KNOBS.items():
        where, raw = _find(name, flags or {}, file)
        if raw is not None and name in trust.COMMANDS and where.startswith(FILE):
            trust.check(root / FILE, name, str(raw))
        if raw is not None:
            told += [] if where.startswith(FILE) else [name]
            value = _parsed(where, raw, parse)
            knobs[name] = _in_a_folder(root / value, where) if name == "db" else value
    if "data" in knobs:
        data = root / knobs.pop("data")
        knobs.update(runs=data / "runs", cache=data / "cache")
    return at(root, **knobs, told=tuple(told))


def retries(settings: Settings) -> int:
    """`retry` as graftui.toml has it now: a supervisor may be older than what stands there."""
    if "retry" not in settings.told:
        with suppress(UsageError, ValueError):
            raw = _read_file(settings.root / FILE).get("retry")
            return settings.retry if raw is None else int(KNOBS["retry"](str(raw)))
    return settings.retry


def _find(name: str, flags: Mapping[str, str | None], file: Mapping[str, Any]) -> tuple[str, Any]:
    """Where the value of a knob comes from, and the value."""
    variable = f"GRAFTUI_{name.removesuffix('_s').upper()}"
    if flags.get(name) is not None:
        return f"--{name.removesuffix('_s')}", flags[name]
    if os.environ.get(variable):
        return variable, os.environ[variable]
    return f"{FILE}: {name}", file.get(name)


def tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The tables of a graftui.toml. Raises UsageError."""
    return {name: value for name, value in _read_file(path).items() if name in _TABLES}


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        from engine.contract import toml  # here: most have no such file

        knobs = toml.loads(text)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path} is not valid TOML: {exc}.", "Correct that line.") from exc
    for key in knobs:
        if key not in KNOBS and key not in _TABLES:
            raise UsageError(f"{path}: there is no setting {key!r}.", f"Known: {', '.join(KNOBS)}.")
        if (key in _TABLES) is not isinstance(knobs[key], dict):
            what = f"a table, [{key}]" if key in _TABLES else "a value, and no table"
            raise UsageError(f"{path}: {key} should be {what}.", "Correct it, or leave it out.")
    return knobs


def _parsed(where: str, raw: Any, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(str(raw))
    except ValueError as exc:
        hint = f"Correct {where}, or leave it out."
        raise UsageError(f"{where} = {raw!r}: {exc}.", hint) from exc


def _in_a_folder(db: Path, where: str) -> Path:
    """A misspelt folder would be an empty registry, and look as if all runs were gone."""
    if not db.parent.is_dir():
        raise UsageError(
            f"{where} = {str(db)!r}: there is no folder {db.parent}.",
            f"Make it, or correct {where}.",
        )
    return db


def _at_least(least: float, convert: Callable[[str], float], what: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        sentence = f"should be {what}, {least:g} or more"
        try:
            value = convert(text)
        except ValueError:
            raise ValueError(sentence) from None
        if not least <= value < float("inf"):
            raise ValueError(sentence)
        return value

    return parse


def _switch(text: str) -> bool:
    word = text.lower()
    if word not in _SWITCHES:
        raise ValueError("should be true or false")
    return _SWITCHES[word]


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"should be {' or '.join(words)}")
        return text

    return parse


def _time_zone(text: str) -> str:
    from zoneinfo import ZoneInfo  # here: most have their machine's

    try:
        return ZoneInfo(text).key if text else ""
    except (KeyError, OSError, ValueError):
        raise ValueError("is no time zone that is known here, such as Europe/Berlin") from None


def _path(text: str) -> Path:
    if not text.strip():
        raise ValueError("should be a path")
    return Path(os.path.expanduser(text))


def _file(text: str) -> str:
    return str(_path(text).absolute())


KNOBS: dict[str, Callable[[str], Any]] = {
    "db": _path,
    "data": _path,
    "jobs": _at_least(1, int, "a whole number"),
    "grace_s": _at_least(0, float, "seconds"),
    "poll_s": _at_least(0.01, float, "seconds"),
    "trash_days": _at_least(0, float, "days"),
    "retry": _at_least(0, int, "a whole number"),
    "python": str,
    "after": str,
    "warm": _switch,
    "times": _one_of(RELATIVE, ABSOLUTE),
    "time_zone": _time_zone,
    "inventory": _file,
}
