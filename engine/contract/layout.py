"""Where things lie: the run directory, and the files that ship with graftui.

Owns names of files and how a file is put in place whole. Nothing here reads a config.
"""

import errno
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract import finite


@dataclass(frozen=True, slots=True)
class RunDir:
    """The directory of one run; all that is known of the run can be had from it."""

    path: Path

    @property
    def config(self) -> Path:
        """What to do, written before the engine starts."""
        return self.path / "config.json"

    @property
    def card(self) -> Path:
        """What the registry calls the run: name, tags, recipe, what it waits for."""
        return self.path / "run.json"

    def origin(self, role: str, number: int = 0) -> Path:
        """The config of a run that this one is made from, and which may be deleted; `place`:
        among those of that role.
        """
        return self.path / (f"{role}-{number}.json" if number else f"{role}.json")

    @property
    def digests(self) -> Path:
        """The user's files that it reads: path -> digest."""
        return self.path / "inputs.json"

    @property
    def attempts(self) -> Path:
        """A file a start of the run, N.json: what started it as which process, and its end."""
        return self.path / "attempts"

    def provenance(self, attempt: int) -> Path:
        """What a start of the run noted of code, packages and machine."""
        return self.attempts / f"{attempt}.provenance.json"

    def changes(self, attempt: int, tree: str) -> Path:
        """How files of a tree of git differed from its commit, at that start; as a patch."""
        return self.attempts / f"{attempt}.{tree}.diff"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def output(self) -> Path:
        """Standard output and error of the engine."""
        return self.path / "output.log"

    @property
    def state(self) -> Path:
        """Where it stands: what the next attempt goes on from. Gone once the run has finished."""
        return self.path / "state"

    @property
    def checkpoint(self) -> Path:
        """Folder for transformers' from_pretrained."""
        return self.path / "checkpoint"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def answers(self) -> Path:
        """What the weights that were scored answered to each row."""
        return self.path / "answers.jsonl.gz"

    @property
    def map(self) -> Path:
        """Of grafts: where in the network their weights lie."""
        return self.path / "map.json"

    @property
    def logits(self) -> Path:
        return self.path / "logits.safetensors"

    @property
    def cache(self) -> Path:
        """What the runs share, tokenised rows and answers: data/cache beside data/runs."""
        return self.path.absolute().parents[1] / "cache"

    @property
    def known(self) -> Path:
        """Answers that several runs ask for, a file each."""
        return self.cache / "answers"

    def skill(self, sparsity: float | None = None) -> Path:
        """The skill file; a curve has one for each sparsity."""
        name = "skill" if sparsity is None else f"skill-{sparsity}"
        return self.path / f"{name}.safetensors"


def shipped() -> Path:
    """Folder of recipes, tasks and the pocket language: `data/` of a checkout or of the wheel."""
    packed = Path(__file__).parents[1] / "_data"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "data"


def read_whole(path: Path) -> bytes:
    """The content of a file. Raises OSError, also for a pipe or a device: it might never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "is no file", str(path))
    return path.read_bytes()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the new one, never half."""
    data = content.encode() if isinstance(content, str) else content
    # Not mkstemp: its files shut out the rest of the group.
    temporary = path.with_name(f"{_begin(path)}{os.getpid()}.{threading.get_ident()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def clear_strays(path: Path) -> None:
    """Take away what processes of this host left of `path` that were killed as they wrote it."""
    begin = _begin(path)
    for name in os.listdir(path.parent):
        pid = name.removeprefix(begin).partition(".")[0]
        if name.startswith(begin) and pid.isdecimal() and not _lives(int(pid)):
            path.with_name(name).unlink(missing_ok=True)


def _begin(path: Path) -> str:
    """Of the names of what is written beside `path`, on this host: of others one knows nothing."""
    return f".{path.name}.{os.uname().nodename}."


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def write_json(path: Path, value: Any) -> None:
    """`value` as readable JSON, put in place whole; nan and infinity, which JSON lacks, as null."""
    write_whole(path, finite.dumps(value) + "\n")
