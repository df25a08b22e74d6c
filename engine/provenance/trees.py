"""What git says of a tree of files: its commit, and what differs from that.

Owns the calls of git. They end by themselves or are ended; they write nothing, take no lock, ask
nobody, and run no program that the tree's own settings name, but for filters of files. Reads no
content of files that git does not know: those may be data, or secrets.
"""

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from engine.contract import provenance as form
from engine.contract.provenance import Facts

LONGEST_S = 3.0
"""Of one call."""
MOST_BYTES = 256 << 10
"""Of what differs: runs are many."""
_MOST_LISTED = 1 << 20
"""Bytes of the list of files that differ."""
_NAMED = 50
"""Files unknown to git that are named before the difference."""
_SAFE = (
    "--no-optional-locks",
    *("-c", "core.fsmonitor=false"),  # might be a program
    *("-c", "core.quotePath=true"),
    *("-c", "diff.noprefix=false"),
    *("-c", "diff.mnemonicPrefix=false"),
)
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree, as it was at one moment."""

    commit: str | None = None
    """HEAD; None: there is no commit yet, or no telling."""
    branch: str | None = None
    changed: int = 0
    """Files of git's that differ from HEAD."""
    untracked: int = 0
    """Files and folders that git does not know and does not ignore."""
    changes: bytes = b""
    """What differs from HEAD, as a patch, and before it the names of unknown files."""
    digest: str | None = None
    """Of the patch; None: nothing differs."""
    cut: bool = False
    """Whether the end of `changes` is missing."""
    note: str = ""
    """What could not be seen."""

    def facts(self, name: str, file: str) -> Facts:
        """As provenance has them of the tree `name`, whose `changes` are in `file`."""
        told: Facts = {
            form.COMMIT: self.commit,
            form.BRANCH: self.branch,
            form.CHANGED: self.changed,
            form.UNTRACKED: self.untracked,
            form.CHANGES: file if self.changes else None,
            form.DIGEST: self.digest,
            form.CUT: self.cut,
            form.NOTE: self.note or None,
        }
        if self.note and not self.commit:  # not looked for is not the same as not there
            told = {form.NOTE: self.note}
        return {f"{name}.{key}": value for key, value in told.items()}


class _NoAnswer(Exception):
    """Git did not say; why not."""


def top_of(folder: Path) -> Path | None:
    """The top of the tree that `folder` is in; None: of none. Asks no git."""
    folder = folder.absolute()
    return next((path for path in (folder, *folder.parents) if (path / ".git").exists()), None)


def look(top: Path) -> Tree:
    """The tree at `top`, as it is now; takes two calls of git at most."""
    try:
        listed, partly = _said(top, "status", "--porcelain=v2", "--branch", most=_MOST_LISTED)
    except _NoAnswer as why:
        return Tree(note=str(why))
    lines = listed.decode("utf-8", "backslashreplace").splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    unknown = [line[2:] for line in lines if line.startswith("? ")]
    changed = sum(line[:2] in ("1 ", "2 ", "u ") for line in lines)
    commit = heads.get("branch.oid", "(initial)")
    note = "git lists more files than are counted here" if partly else ""
    if commit == "(initial)":
        return Tree(untracked=len(unknown), changed=changed, note="there is no commit yet")
    tree = Tree(commit, heads.get("branch.head"), changed, len(unknown), note=note)
    return _with_changes(top, tree, unknown) if changed else tree


def _with_changes(top: Path, tree: Tree, unknown: list[str]) -> Tree:
    known = (tree.commit, tree.branch, tree.changed, tree.untracked)
    try:
        patch, cut = _said(top, *_DIFF, most=MOST_BYTES)
    except _NoAnswer as why:
        return Tree(*known, note=f"what differs from the commit is not known: {why}")
    digest = blake2b(patch, digest_size=16).hexdigest()
    names = "".join(f"# not known to git, not kept: {name}\n" for name in unknown[:_NAMED])
    if len(unknown) > _NAMED:
        names += f"# and {len(unknown) - _NAMED} more\n"
    end = f"\n# cut here, after {MOST_BYTES:,} bytes: there is more\n" if cut else ""
    changes = f"# differs from {tree.commit}\n{names}".encode() + patch + end.encode()
    return Tree(*known, changes, digest, cut, tree.note)


def _said(top: Path, *arguments: str, most: int) -> tuple[bytes, bool]:
    """The first `most` bytes of what git prints, and whether it was more. Raises _NoAnswer."""
    command = ["git", *_SAFE, "-C", str(top), *arguments]
    try:
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                command,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            ) as git,
        ):
            assert git.stdout is not None
            limit = threading.Timer(LONGEST_S, git.kill)
            since = time.monotonic()
            limit.start()  # no daemon: whatever becomes of the run, git is ended
            said = git.stdout.read(most + 1)
            if len(said) > most:
                git.kill()
            code = git.wait()
            limit.cancel()
            errors.seek(0)
            complaint = errors.readline(200).decode("utf-8", "backslashreplace").strip()
    except FileNotFoundError:
        raise _NoAnswer("git is not installed") from None
    except OSError as error:
        raise _NoAnswer(f"git could not be asked: {error.strerror}") from None
    if code < 0 and len(said) <= most and time.monotonic() - since >= LONGEST_S:
        raise _NoAnswer(f"git took longer than {LONGEST_S:g} s")
    if code and len(said) <= most:
        raise _NoAnswer(complaint or f"git {arguments[0]} ended with exit code {code}")
    return said[:most], len(said) > most


def _environment() -> dict[str, str]:
    """Ours without what would lead git to another tree or program; in English, asking nobody."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**own, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
