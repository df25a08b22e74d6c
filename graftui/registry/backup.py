"""A backup: one .tar.gz of the registry, of the sweeps, and of all run folders, but for what is
large in them.

Owns what is in it and under which names: those of a working folder with everything in its usual
place, so that it can be unpacked into an empty one. Nothing in it starts by itself.
"""

import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.models import RunStatus
from graftui.registry import folders, held
from graftui.registry.store import Store
from graftui.settings import Settings, at

_LARGE = ("checkpoint", "state")
"""What names of large folders begin with."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup has come to."""

    runs: int
    bytes: int
    """Of the file."""
    unread: tuple[str, ...]
    """Files that are missing in it, as this user may not read them."""


def backup(store: Store, settings: Settings, file: Path, checkpoints: bool) -> BackedUp:
    """Write `file`, whole or not at all; an older one is replaced. Raises OSError.

    The registry is copied first: what runs say meanwhile is in their files, and is read from there.
    """
    there, unread = at(Path()), []
    parts = [file.with_name(f".{file.name}.{os.getpid()}{end}") for end in (".db", "")]
    copy, made = parts
    names = sorted(name for name in folders.names(settings.runs) if not folders.nameless(name))
    try:
        _copy(store.db, copy, settings)
        with tarfile.open(made, "w:gz", compresslevel=6) as tar:
            tar.add(copy, there.db)
            for name in names:
                run_dir = settings.run_dir(name)
                for path in _files(run_dir, checkpoints):
                    into = there.runs / name / path.relative_to(run_dir.path)
                    if not _add(tar, path, str(into)):
                        unread.append(str(path))
            for path in sorted((settings.data / "sweeps").glob("[!.]*.json")):
                if path.is_file() and not _add(tar, path, str(there.data / "sweeps" / path.name)):
                    unread.append(str(path))
        made.replace(file)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return BackedUp(len(names), file.stat().st_size, tuple(unread))


def _copy(db: sqlite3.Connection, copy: Path, settings: Settings) -> None:
    """The registry as at one instant. Runs of this data folder are at home wherever it is unpacked,
    and those that waited are held there.
    """
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        db.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # a single file
        target.execute("UPDATE runs SET folder = '' WHERE folder = ?", (settings.folder,))
        for (id,) in target.execute("SELECT id FROM runs WHERE status = 'queued'").fetchall():
            target.execute(
                "UPDATE runs SET status = ?, message = ?, hint = ? WHERE id = ?",
                (RunStatus.held, "It was queued when the backup was made.", held.hint(id), id),
            )


def _files(run_dir: RunDir, checkpoints: bool) -> Iterator[Path]:
    """The files of a run; what is just being written has a name with a dot."""
    for folder, inner, names in os.walk(run_dir.path):
        at_top = Path(folder) == run_dir.path
        if at_top and not checkpoints:
            inner[:] = [name for name in inner if not name.startswith(_LARGE)]
        for name in sorted(names):
            path = Path(folder, name)
            large = path == run_dir.logits and not checkpoints
            if not (name.startswith(".") or large or path.is_symlink()) and path.is_file():
                yield path


def _add(tar: tarfile.TarFile, path: Path, name: str) -> bool:
    """Whether the file could be read. One that grows is cut where it ended when it was opened; one
    that was deleted meanwhile is none.
    """
    try:
        with path.open("rb") as file:
            tar.addfile(tar.gettarinfo(arcname=name, fileobj=file), file)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
