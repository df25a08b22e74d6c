"""Where recipes lie: files NAME.toml of three folders. Of one name, the nearest counts.

    shipped    with graftui
    saved      recipes/ of the working directory, where `graftui save` writes
    user       ~/.config/graftui/recipes/, for all working directories

Nearest is the working directory, then the user's folder, then what ships. Owns finding, listing and
saving them; what a recipe is, is in recipes.py. A file that cannot be used is listed with what is
wrong with it, and spoils no other.
"""

import difflib
import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from engine.contract.layout import read_whole, shipped, write_whole
from graftui import trust
from graftui.errors import GraftuiError, NotFound, UsageError
from graftui.planning.recipes import Recipe, dumps, loads
from graftui.registry.store import Store
from graftui.settings import Settings

_LONGEST = 200
"""Bytes of a name: a file system takes 255, and a file is written beside its place first."""


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """A recipe in a list."""

    name: str
    title: str
    source: str
    """"shipped", "saved" or "user": the folder it lies in."""
    parts: tuple[str, ...]
    path: str
    problem: str = ""
    """What is wrong with the file; empty: nothing."""
    hidden: bool = False
    """Whether a nearer file has the same name."""


def available(settings: Settings) -> list[RecipeInfo]:
    """All recipes: those that ship, then the working directory's, then the user's."""
    nearest = _nearest(settings)
    return [
        _info(path, source, hidden=nearest.get(path.stem) != path)
        for source, folder in _folders(settings).items()
        for path in _files(folder)
    ]


def text_of(ref: str, settings: Settings) -> str:
    """The TOML of a recipe: a file's path, or a name. Raises NotFound, UsageError, OSError."""
    if ref.endswith(".toml"):
        return _read(Path(ref))
    known = _nearest(settings)
    if ref in known:
        return _read(known[ref])
    near = difflib.get_close_matches(ref, known, n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise NotFound(
        f"There is no recipe {ref!r}.{guess}",
        f"Known: {', '.join(known)}; or give the path of a .toml file.",
    )


def load(ref: str, settings: Settings) -> Recipe:
    """The recipe of that name or path. Raises NotFound, UsageError, OSError."""
    return loads(text_of(ref, settings), Path(ref).stem if ref.endswith(".toml") else ref)


def check_name(name: str) -> None:
    """Raises UsageError for a name that a saved recipe should not have."""
    if not re.fullmatch(r"[\w-][\w.-]*", name) or name.endswith(".toml"):
        raise UsageError(f"{name!r} is no name for a recipe.", "Use letters, digits, - and _.")
    if len(os.fsencode(name)) > _LONGEST:
        raise UsageError("The name of the recipe is too long for a file.", "Choose a shorter one.")
    if name in {path.stem for path in _files(shipped() / "recipes")}:
        raise UsageError(f"The recipe {name} ships with graftui.", "Choose another name.")


def save(name: str, recipe: Recipe, settings: Settings, replace: bool = False) -> Path:
    """Write `recipe` into the working directory's folder, whole or not at all: its file.

    Raises UsageError for a bad name, one that is taken unless `replace`, and for a recipe that
    could not be run.
    """
    check_name(name)
    recipe.configs()
    path = _folders(settings)["saved"] / f"{name}.toml"
    _make(path.parent)
    if replace:
        write_whole(path, dumps(recipe))
        return path
    try:
        _write_new(path, dumps(recipe))
    except FileExistsError:
        raise UsageError(
            f"There is a recipe {name} already.", "Choose another name, or give --replace."
        ) from None
    return path


def moved_out(settings: Settings) -> str:
    """Make files of the recipes that earlier versions saved in the registry, once: what is to be
    said of it, empty where there was none. A registry that cannot be used has to wait.
    """
    if not settings.db.exists():
        return ""
    files: list[str] = []
    try:
        with Store.open(settings.db) as store:
            store.hand_out_recipes(lambda name, text: files.append(_kept(settings, name, text)))
    except (OSError, UsageError) as error:
        return f"recipes saved in {settings.db} could not be made files, and stay there: {error}"
    except (GraftuiError, sqlite3.Error):
        return ""
    return f"recipes that were saved in runs.db are files now: {', '.join(files)}" if files else ""


def _folders(settings: Settings) -> dict[str, Path]:
    return {
        "shipped": shipped() / "recipes",
        "saved": settings.root / "recipes",
        "user": trust.user_folder() / "recipes",
    }


def _nearest(settings: Settings) -> dict[str, Path]:
    folders = _folders(settings)
    farthest_first = (folders[source] for source in ("shipped", "user", "saved"))
    return {path.stem: path for folder in farthest_first for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    try:
        listed = sorted(os.listdir(folder))
    except OSError:  # none there, or none that may be seen
        return []
    return [folder / name for name in listed if name.endswith(".toml") and name[0] != "."]


def _info(path: Path, source: str, hidden: bool) -> RecipeInfo:
    title, problem = "", ""
    parts: tuple[str, ...] = ()
    try:
        recipe = loads(_read(path), path.stem)
        title, parts = recipe.title, tuple(recipe.parts)
        recipe.configs()
    except (UsageError, OSError) as error:
        problem = error.message if isinstance(error, UsageError) else f"{path}: {error.strerror}."
    return RecipeInfo(path.stem, title, source, parts, str(path), problem, hidden)


def _read(path: Path) -> str:
    """Raises NotFound; UsageError for what is no text; OSError where the system refuses."""
    try:
        return read_whole(path).decode()
    except FileNotFoundError:
        raise NotFound(f"There is no recipe file {path}.", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error}.", "A recipe is a TOML file.") from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise UsageError(f"{path} is no file.", "A recipe is a TOML file.") from None


def _kept(settings: Settings, name: str, text: str) -> str:
    """Where a recipe of the registry lies as a file: there already, or made now. It takes no other
    file's place.
    """
    own = settings.db.parent.resolve() == settings.root.resolve()
    folder = _folders(settings)["saved" if own else "user"]  # a shared one's is for all who share
    _make(folder)
    stem = re.sub(r"[^\w.-]", "-", name)[:_LONGEST].lstrip(".") or "recipe"
    for path in _candidates(folder, stem):
        try:
            _write_new(path, text)
        except FileExistsError:
            if path.is_file() and path.read_bytes() != text.encode():
                continue
        return str(path.relative_to(settings.root) if own else path)
    raise AssertionError("there is no end of names")


def _candidates(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.toml"
    yield from (folder / f"{stem}-{number}.toml" for number in count(2))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(
            f"{folder} is no folder, so no recipe can be saved in it.", "Move that file away."
        ) from None


def _write_new(path: Path, text: str) -> None:
    """A new file, whole and on the disk. Raises FileExistsError, whatever it is that is there."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        write_whole(path, text)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
