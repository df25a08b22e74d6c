"""A sweep, and the file that it is: data/sweeps/ID.json.

Owns the form of the file and how a user names one. The file is all there is of a sweep: a registry
that is made anew has the same ones. Which of its runs are done is asked of the registry, by the
identities that the cells have (states.py). A file that cannot be used is told of, and spoils no
other.
"""

import difflib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.contract.layout import read_whole, write_whole
from graftui.errors import NotFound, UsageError
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe, loads
from graftui.planning.sweeps.axes import Axes, Point, checked
from graftui.planning.sweeps.search.space import Search, checked_space
from graftui.planning.values import written
from graftui.registry.checked import LAST_TIME
from graftui.registry.rows import new_id
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Cell:
    """A point of the grid, and the identity of what is to be computed there."""

    at: Point
    """Setting -> value, of each axis."""
    runs: dict[str, str]
    """Part of the recipe -> config hash of the run that it comes to."""
    files: dict[str, list[str]] = field(default_factory=dict)
    """Part -> the user's files that this run reads; of parts that read some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A recipe over a grid of settings."""

    id: str = ""
    """Empty: it is not written down."""
    name: str
    """Of the sweep, and of the runs that it makes."""
    created_at: float
    """Seconds since the epoch."""
    recipe: str
    """Name of the recipe."""
    text: str
    """The recipe as it was then, in TOML."""
    sets: dict[str, Any] = field(default_factory=dict)
    """Setting -> value, the same in all cells."""
    axes: Axes
    tags: tuple[str, ...] = ()
    """Of the runs that it makes."""
    search: Search | None = None
    """What is searched, if the axes are not all of it: a trial is all points of the axes."""
    cells: tuple[Cell, ...] = ()

    @property
    def wanted(self) -> dict[str, Any]:
        """What was asked for: two sweeps that agree in it are one."""
        axes = TypeAdapter(Axes).dump_python(self.axes, mode="json")
        same = {"text": self.text, "sets": self.sets, "axes": axes}
        # More trials of a search are no other search.
        search = self.search and replace(self.search, trials=0, stopped=False)
        return same | {"search": TypeAdapter(Search | None).dump_python(search, mode="json")}

    def made_from(self) -> Recipe:
        """The recipe. Raises UsageError for one that this version cannot read."""
        return loads(self.text, self.recipe)

    def overrides(self, point: Point) -> tuple[Override, ...]:
        """What a cell changes of the recipe."""
        given = (*self.sets.items(), *point.items())
        return tuple(Override(path, value, Source.sweep) for path, value in given)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file in the folder of sweeps that is none."""

    path: Path
    why: str


@lru_cache(maxsize=1)
def _form() -> TypeAdapter[Sweep]:
    return TypeAdapter(Sweep)


def write(settings: Settings, sweep: Sweep) -> Path:
    """Put the sweep's file in place whole: where it is."""
    path = _path(settings, sweep.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = _form().dump_python(sweep, mode="json")
    cells = ",\n".join(f"  {json.dumps(cell)}" for cell in body.pop("cells"))  # a line a cell
    head = json.dumps(body, indent=1).removesuffix("\n}")
    write_whole(path, f'{head},\n "cells": [\n{cells}\n ]\n}}\n')
    return path


def listed(settings: Settings) -> tuple[list[Sweep], list[Unreadable]]:
    """All sweeps of the data folder, newest first, and what is in their folder but is none."""
    sweeps: list[Sweep] = []
    unreadable: list[Unreadable] = []
    for path in _files(settings):
        try:
            sweeps.append(_read(path))
        except FileNotFoundError:  # deleted just now
            continue
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            unreadable.append(Unreadable(path, f"{where} {first['msg']}".strip()))
        except ValueError as error:
            unreadable.append(Unreadable(path, str(error)))
        except UsageError as error:  # of its recipe or axes
            unreadable.append(Unreadable(path, error.message.rstrip(".")))
        except OSError as error:
            unreadable.append(Unreadable(path, error.strerror or "cannot be read"))
    return sorted(sweeps, key=lambda sweep: (sweep.created_at, sweep.id), reverse=True), unreadable


def _read(path: Path) -> Sweep:
    """The sweep in a file. Raises OSError; ValueError or UsageError where its parts do not go
    together: the verbs rely on that they do.
    """
    seen = path.stat()
    return _parsed(path, (seen.st_ino, seen.st_mtime_ns, seen.st_size))


@lru_cache(maxsize=64)
def _parsed(path: Path, version: tuple[int, ...]) -> Sweep:
    """Once a `version` of the file: who looks on reads them again and again."""
    sweep = _form().validate_json(read_whole(path))
    if sweep.id != path.stem:  # by its id it is written and deleted
        raise ValueError(f"its id, {sweep.id}, is not the name of the file")
    if not 0 <= sweep.created_at < LAST_TIME:
        raise ValueError(f"created_at {sweep.created_at:g} is no time")
    if min(sweep.axes.random, sweep.axes.seed) < 0:
        raise ValueError("axes.random and axes.seed should be 0 or more")
    checked(sweep.axes)
    results = {*sweep.made_from().results}
    space = checked_space(sweep.search) if sweep.search else {}
    for cell in sweep.cells:
        if unsaid := space.keys() - cell.at.keys():
            raise ValueError(f"the cell {brief(cell.at)} has no {min(unsaid)}")
        if lacking := results - cell.runs.keys():
            raise ValueError(f"the cell {brief(cell.at)} has no run of {min(lacking)}")
    return sweep


def find(settings: Settings, id: str) -> Sweep | None:
    """The sweep of an id; None: it was deleted. Raises UsageError for a file that is none."""
    try:
        return _read(_path(settings, id))
    except FileNotFoundError:
        return None
    except (ValueError, OSError):
        return resolve(settings, id)


def resolve(settings: Settings, ref: str) -> Sweep:
    """The sweep that a user means: an id, its beginning, a name (the newest) or "last".

    Raises NotFound, UsageError.
    """
    sweeps, unreadable = listed(settings)
    begin = [sweep for sweep in sweeps if ref and sweep.id.startswith(ref)]
    exact = [sweep for sweep in sweeps if sweep.id == ref]
    called = [sweep for sweep in sweeps if sweep.name == ref]
    meant = exact or (begin if len(begin) == 1 else []) or called
    meant = meant or (sweeps if ref == "last" else [])
    if meant:
        return meant[0]
    if begin:
        fitting = ", ".join(f"{sweep.id} ({sweep.name})" for sweep in begin)
        raise UsageError(f"{ref} fits several sweeps: {fitting}.", "Give one character more.")
    if broken := [bad for bad in unreadable if bad.path.stem == ref]:
        raise UsageError(
            f"{broken[0].path} is no sweep: {broken[0].why}.", "Mend the file, or move it away."
        )
    near = difflib.get_close_matches(ref, [w for s in sweeps for w in (s.id, s.name)], n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise NotFound(f"There is no sweep {ref!r}.", f"{guess}`graftui sweep ls` shows what there is.")


def same(settings: Settings, sweep: Sweep) -> Sweep:
    """`sweep`, or the one that asks for the same and is there already."""
    for other in listed(settings)[0]:
        if other.wanted == sweep.wanted and other.name == sweep.name:
            return replace(sweep, id=other.id, created_at=other.created_at)
    return sweep


def fresh_id(settings: Settings) -> str:
    """An id that no sweep has."""
    while _path(settings, id := new_id()).exists():
        pass
    return id


def remove(settings: Settings, sweep: Sweep) -> None:
    """Delete the sweep's file, and what its search remembers. Its runs stay."""
    _path(settings, sweep.id).unlink(missing_ok=True)
    for beside in (study_path(settings, sweep.id), search_lock(settings, sweep.id)):
        beside.unlink(missing_ok=True)


def study_path(settings: Settings, id: str) -> Path:
    """Where the search of a sweep is remembered."""
    return _path(settings, id).with_suffix(".optuna.db")


def search_lock(settings: Settings, id: str) -> Path:
    """Held by whoever asks for the trials of a search."""
    return Path(f"{settings.registry}-search-{id}.lock")  # beside it: network disks lock badly


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """For the block, nobody else plans cells: two would each find the same one missing."""
    path = f"{settings.registry}-sweeps.lock"  # beside it: network disks lock badly
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def identities(cells: Sequence[Cell]) -> set[str]:
    """Config hashes of all runs that the cells come to."""
    return {identity for cell in cells for identity in cell.runs.values()}


def brief(point: Mapping[str, Any]) -> str:
    """A cell in words, for messages."""
    return ", ".join(f"{path} = {written(value)}" for path, value in point.items())


def _path(settings: Settings, id: str) -> Path:
    return settings.data / "sweeps" / f"{id}.json"


def _files(settings: Settings) -> list[Path]:
    folder = settings.data / "sweeps"
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # none there, or none that may be seen
        return []
    return [folder / name for name in names if name.endswith(".json") and name[0] != "."]
