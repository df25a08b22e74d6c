"""What the system raises, in the user's words."""

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from graftui import errors
from graftui.errors import EXIT_CODES, EnvironmentProblem, GraftuiError, explain
from tests.each import each


@pytest.mark.parametrize(
    ("exc", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), "No permission to use /x/y"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "No permission to use /x"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "disk is full: /x"),
        (OSError(errno.EIO, "Input/output error", "/x"), "/x: Input/output error"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/x"), "/x does not exist"),
    ],
)
def test_the_path_is_named(exc: OSError, said: str) -> None:
    found = explain(exc)
    assert found
    assert said in found.message
    assert found.hint


@each(
    ("code", "said"),
    [
        ("SQLITE_BUSY", "is locked"),
        ("SQLITE_BUSY_SNAPSHOT", "is locked"),
        ("SQLITE_READONLY", "No permission to write"),
        ("SQLITE_READONLY_DBMOVED", "was deleted or moved"),
        ("SQLITE_FULL", "disk is full"),
        ("SQLITE_CANTOPEN", "cannot be opened"),
        ("SQLITE_NOTADB", "is not a graftui registry"),
        ("SQLITE_CORRUPT", "is damaged"),
        ("SQLITE_IOERR_WRITE", "cannot be read or written"),
    ],
)
def test_every_trouble_of_sqlite_has_words(code: str, said: str) -> None:
    exc = sqlite3.OperationalError("some text")
    exc.sqlite_errorname = code
    found = explain(exc, Path("/x/runs.db"))
    assert isinstance(found, EnvironmentProblem)
    assert said in found.message
    assert "/x/runs.db" in found.message
    assert found.hint


@pytest.mark.parametrize(
    "bug", [ValueError("x"), KeyError("x"), sqlite3.OperationalError("syntax")]
)
def test_a_bug_is_not_worded(bug: Exception) -> None:
    assert explain(bug) is None


def test_every_exit_code_is_documented() -> None:
    forms = [
        f for f in vars(errors).values() if isinstance(f, type) and issubclass(f, GraftuiError)
    ]
    assert {form.exit_code for form in forms} <= set(EXIT_CODES)


def test_looking_for_help_imports_nothing_costly() -> None:
    code = "import sys, graftui.errors, graftui.models, graftui.settings; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(loaded.stdout.split()) & {
        "pydantic", "sqlite3", "sqlite_utils", "psutil", "torch", "textual",
        "engine.contract.config",
    }  # fmt: skip
