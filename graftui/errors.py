"""Errors that a user can do something about, and the exit codes of the command line.

Owns one base with a message and a hint, and the one mapper from what the system raises.
Refuses to word a bug: `explain` answers None for it, and the traceback is shown.
"""

import errno
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "a bug in graftui: please report the traceback",
    2: "wrong usage: option, recipe, setting or run",
    3: "the run failed or was lost",
    4: "the run was cancelled",
    5: "the system refused: permission, full disk, unreadable registry",
    130: "interrupted with Ctrl-C; a run that was only watched goes on",
}


_FULL_BYTES = 64 << 10
"""What SQLite needs at the least."""


class GraftuiError(Exception):
    """What went wrong, in the user's words, and what to do about it."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        hint: str = "",
        excerpt: str = "",
        within: tuple[int, int] | None = None,
    ) -> None:
        """`excerpt`: lines that show where in what was typed it is; `within`: from which character
        of that to which.
        """
        super().__init__(message)
        self.message = sentence(message)
        self.hint = sentence(hint)
        self.excerpt = excerpt
        self.within = within


def sentence(text: str) -> str:
    """`text` with a full stop. It may begin with a name, so that no letter changes its case."""
    return text if not text or text.endswith((".", "!", "?", "`")) else f"{text}."


class UsageError(GraftuiError):
    """Bad option, setting, recipe or run."""

    exit_code = 2


class NotFound(UsageError):
    """There is nothing of that name."""


class NotFinished(GraftuiError):
    """Runs were waited for, and not all finished."""

    runs: Sequence[Any] = ()
    """All of them, as they are now (models.Run)."""


class RunFailed(NotFinished):
    """The run that was waited for failed."""

    exit_code = 3


class RunCancelled(NotFinished):
    """The run that was waited for was cancelled."""

    exit_code = 4


class EnvironmentProblem(GraftuiError):
    """The system refused: permission, full disk, unreadable registry."""

    exit_code = 5


class Unwritable(EnvironmentProblem):
    """No room or no permission to write; what is there may be read all the same."""


class NewerRegistry(EnvironmentProblem):
    """runs.db is of a later version; the run directories can make another."""


class DamagedRegistry(EnvironmentProblem):
    """runs.db cannot be read; the run directories can make another."""


def no_room(folder: Path) -> bool:
    """Whether the disk of `folder` is full."""
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


def explain(exc: BaseException, path: Path | None = None) -> GraftuiError | None:
    """`exc` in the user's words; None where it is a bug. `path`: the file it is about, if known."""
    # Not at the top: `graftui --help` comes by here and needs no SQLite.
    import sqlite3

    if isinstance(exc, GraftuiError):
        return exc
    if isinstance(exc, sqlite3.Error):
        return _explain_sqlite(getattr(exc, "sqlite_errorname", ""), str(exc), path)
    if isinstance(exc, OSError):
        return _explain_os(exc, path)
    return None


def _explain_os(exc: OSError, path: Path | None) -> GraftuiError:
    where = str(exc.filename or path or "a file")
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unwritable(
            f"The disk is full: {where} could not be written.",
            "Free some space (`graftui rm ID` deletes a run with its checkpoint), then try again.",
        )
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Unwritable(
            f"No permission to use {where}.",
            "Change to a folder you may write to, or set GRAFTUI_DATA and GRAFTUI_DB to one.",
        )
    if isinstance(exc, FileNotFoundError):
        return UsageError(f"{where} does not exist.", "Check the path.")
    return EnvironmentProblem(f"{where}: {exc.strerror or exc}.", "Try again; check the disk.")


_SQLITE: tuple[tuple[str, str, str], ...] = (
    (
        "SQLITE_BUSY",
        "{db} is locked: another process has been writing to it for 30 s.",
        "See who holds it with `fuser {db}`, end that process, then try again. The runs go on.",
    ),
    (
        "SQLITE_READONLY_DBMOVED",
        "{db} was deleted or moved meanwhile.",
        "Try again: it is made anew from the run directories.",
    ),
    (
        "SQLITE_READONLY",
        "No permission to write {db}.",
        "Make the file and its folder writable, or set GRAFTUI_DB to another place.",
    ),
    (
        "SQLITE_CANTOPEN",
        "{db} cannot be opened or made.",
        "Make its folder writable, or set GRAFTUI_DB to another place.",
    ),
    (
        "SQLITE_FULL",
        "The disk is full: {db} could not be written.",
        "Free some space (`graftui rm ID` deletes a run with its checkpoint), then try again.",
    ),
    (
        "SQLITE_NOTADB",
        "{db} is not a graftui registry: its content is no SQLite database.",
        "`graftui doctor --rebuild` sets it aside and makes a new one from the run directories.",
    ),
    (
        "SQLITE_CORRUPT",
        "{db} is damaged.",
        "`graftui doctor --rebuild` sets it aside and makes a new one from the run directories.",
    ),
)


_FORMS: dict[str, type[EnvironmentProblem]] = {
    "SQLITE_READONLY": Unwritable,
    "SQLITE_CANTOPEN": Unwritable,
    "SQLITE_FULL": Unwritable,
    "SQLITE_NOTADB": DamagedRegistry,
    "SQLITE_CORRUPT": DamagedRegistry,
}


def _explain_sqlite(code: str, text: str, path: Path | None) -> GraftuiError | None:
    db = str(path or "The registry (runs.db)")
    for prefix, message, hint in _SQLITE:
        if code.startswith(prefix):
            form = _FORMS.get(prefix, EnvironmentProblem)
            return form(message.format(db=db), hint.format(db=path or "runs.db"))
    if code.startswith("SQLITE_IOERR"):
        if path and no_room(path.parent):
            return _explain_sqlite("SQLITE_FULL", text, path)
        hint = "See whether the disk is full (`df -h`), or fails."
        return Unwritable(f"{db} cannot be read or written: {text}.", hint)
    return None
