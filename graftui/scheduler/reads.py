"""The user's files that a run reads, by content: inputs.json of its folder, path -> digest.

Owns the digests and their cache. Whether a run may stand in for another is in planning/reuse.py.
"""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.contract import config as configs
from engine.contract.inputs import input_files
from engine.contract.layout import RunDir, read_whole, write_json
from engine.contract.saved import saved_step
from engine.contract.sections import RunConfig
from graftui.errors import UsageError
from graftui.models import Run
from graftui.settings import Settings

Digests = dict[str, str]
"""Path, as the config has it -> digest."""
_CACHED_FROM = 1 << 20
"""Bytes of a file whose digest is worth keeping: weights, not data that somebody may be editing."""


class FilesChanged(UsageError):
    """What a run is to read is not what a source of it, or its own last attempt, read."""


class Reader:
    """Digests of files, each read once however many runs read it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cached = _cache(settings)
        self._before = dict(self._cached)
        self._digests: Digests = {}

    def of(self, paths: Iterable[Path | str]) -> Digests:
        """The digest of each file. Raises OSError."""
        return {str(path): self._of(str(path)) for path in paths}

    def _of(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = _digest(self._settings.root / path, self._cached)
        return self._digests[path]

    def keep(self) -> None:
        """For those who ask next."""
        if self._cached != self._before:
            self._settings.cache.mkdir(parents=True, exist_ok=True)
            write_json(_cache_file(self._settings), self._cached)


def digests(config: RunConfig, settings: Settings) -> Digests:
    """The digest of each file of the user's that a run reads. Raises MissingFiles, OSError."""
    reader = Reader(settings)
    inputs = reader.of(input_files(config))
    reader.keep()
    return inputs


def stored(run_dir: RunDir) -> Digests | None:
    """What a run read; None of one that was made before that was kept."""
    try:
        raw = json.loads(read_whole(run_dir.digests))
    except (OSError, ValueError, RecursionError):
        return None
    return {path: str(raw[path]) for path in raw} if isinstance(raw, dict) else None


def changed(source: RunDir, now: Digests) -> list[str]:
    """Files that `source` read when their content was another."""
    before = stored(source) or {}
    return [path for path in now if before.get(path, now[path]) != now[path]]


def note_of(settings: Settings, run: Run) -> None:
    """`note`, of a run about to start. Raises FilesChanged."""
    sources = [settings.run_dir(source) for source in run.sources]
    note(settings, settings.run_dir(run.id), sources)


def note(settings: Settings, run_dir: RunDir, sources: Sequence[RunDir]) -> None:
    """Keep what a run is about to read: it may have changed while the run was queued.

    Raises FilesChanged where it would read other files than one of `sources`, which it is made
    from, or go on from a state that was saved on other files.
    What cannot be read here is for the engine to tell.
    """
    now = _now(settings, run_dir)
    if now is None:
        return
    for source in sources:
        if differing := changed(source, now):
            raise FilesChanged(
                f"The data changed since its source {source.path.name} read it: "
                f"{', '.join(differing)}.",
                f"`graftui rerun {run_dir.path.name}` makes that again too, on the data as it is.",
            )
    _refuse_half(run_dir, now)
    write_json(run_dir.digests, now)


def refuse_half(settings: Settings, run_dir: RunDir) -> None:
    """Raises FilesChanged where a run would go on, on other files than it began with."""
    if (now := _now(settings, run_dir)) is not None:
        _refuse_half(run_dir, now)


def _refuse_half(run_dir: RunDir, now: Digests) -> None:
    if saved_step(run_dir) is not None and (differing := changed(run_dir, now)):
        id = run_dir.path.name
        raise FilesChanged(
            f"The data changed since run {id} was saved half-way: {', '.join(differing)}.",
            f"`graftui rerun {id}` runs it from its start, on the data as it is.",
        )


def _now(settings: Settings, run_dir: RunDir) -> Digests | None:
    """What the run would read; None where that cannot be read here."""
    try:
        return digests(configs.loads(read_whole(run_dir.config)), settings)
    except (OSError, ValueError, LookupError):  # LookupError: its task is gone from the catalog
        return None


def _digest(path: Path, known: dict[str, Any]) -> str:
    """Raises OSError, of what is no file too: to open a pipe would wait for ever."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "is no file", str(path))
    except ValueError as error:  # a zero byte in its name
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    with path.open("rb") as file:
        seen = os.fstat(file.fileno())
        # The time of change too: nobody can set that one back.
        state = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]
        if seen.st_size < _CACHED_FROM:
            return _of(file)
        entry = known.get(str(path))
        if not (isinstance(entry, list) and entry[:-1] == state):
            entry = known[str(path)] = [*state, _of(file)]
        return str(entry[-1])


def _of(file: Any) -> str:
    return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _cache(settings: Settings) -> dict[str, Any]:
    try:
        raw = json.loads(read_whole(_cache_file(settings)))
    except (OSError, ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _cache_file(settings: Settings) -> Path:
    return settings.cache / "digests.json"
