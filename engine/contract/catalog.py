"""The catalog: the tasks there are, one short TOML block each (data/tasks/*.toml).

Owns where blocks are found; their form is next door. The engine reads the data; graftui lists the
names. Users add tasks in data/tasks/ of their working directory. Refuses two blocks of one name.
"""

import difflib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from engine.contract import toml
from engine.contract.layout import shipped
from engine.contract.once import once
from engine.contract.task_spec import HubSource, Prompting, TaskSpec

__all__ = ["CatalogError", "HubSource", "Prompting", "TaskSpec", "tasks", "unknown_task"]


class CatalogError(ValueError):
    """A block of a task file that cannot be used; says which, and why."""


OWN = Path("data/tasks")
"""The user's own tasks, in the working directory."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A block, and where it stands."""

    spec: TaskSpec
    path: Path
    override: bool
    """It means to take the place of a task that ships."""


def tasks(own: Path = OWN) -> dict[str, TaskSpec]:
    """All tasks by name: those that ship, then those of the folder `own`.

    Raises CatalogError for a file that is no TOML, for a wrong block, and for one of a name that is
    taken, unless it is the same or says `override = true`.
    """
    return once(("tasks", own), lambda: _tasks(own))


def _tasks(own: Path) -> dict[str, TaskSpec]:
    ships = shipped() / "tasks"
    known = _entries(ships)
    if own.resolve() != ships.resolve():
        mine = _entries(own.absolute())
        for entry in mine.values():
            _check_override(entry, known.get(entry.spec.name))
        known |= mine
    return {name: entry.spec for name, entry in known.items()}


def _check_override(own: _Entry, ships: _Entry | None) -> None:
    name = own.spec.name
    if own.override and ships is None:
        raise CatalogError(
            f"{own.path}: [{name}] says override = true, but no task of that name ships with "
            "graftui: leave it out, or correct the name"
        )
    if ships is not None and not own.override and own.spec != ships.spec:
        raise CatalogError(
            f"{own.path}: [{name}] is the name of a task that ships with graftui ({ships.path}): "
            "choose another name, or say override = true in the block if it is to take its place"
        )


def _entries(folder: Path) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        for entry in _read(path):
            other = entries.setdefault(entry.spec.name, entry)
            if other is not entry:
                raise CatalogError(
                    f"{path}: [{entry.spec.name}] is in {other.path} as well: rename one of them"
                )
    return entries


def _read(path: Path) -> tuple[_Entry, ...]:
    try:
        file = path.stat()
        return _parsed(path, (file.st_ino, file.st_size, file.st_mtime_ns))
    except CatalogError:
        raise
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CatalogError(f"{path} is not TOML: {error}") from None


@lru_cache(maxsize=64)
def _parsed(path: Path, version: tuple[int, int, int]) -> tuple[_Entry, ...]:
    """The blocks of that version of a file; each part of a recipe asks for them."""
    blocks = toml.loads(path.read_text(encoding="utf-8"))
    return tuple(_entry(path, name, block) for name, block in blocks.items())


def _entry(path: Path, name: str, block: object) -> _Entry:
    if not isinstance(block, dict):
        raise CatalogError(f"{path}: {name} is not a block [{name}] of a task")
    override = block.pop("override", False)
    if not isinstance(override, bool):
        raise CatalogError(f"{path}: [{name}] override: give true or false")
    try:
        return _Entry(TaskSpec.model_validate({**block, "name": name}), path, override)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f" {field}" if field else ""
        raise CatalogError(
            f"{path}: [{name}]{where}: {first['msg'].removeprefix('Value error, ')}"
        ) from None


def unknown_task(name: str) -> str:
    """What to say of a task that is not in the catalog."""
    known = list(tasks())
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"there is no task {name!r}.{guess} Known: {', '.join(known)}."
