"""What lies in the folder of a run, with what the run said that it made."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from graftui.measured import Artifact

_MOST = 500
"""Files that are listed."""
KINDS = {
    "config.json": "what to do", "run.json": "its card", "events.jsonl": "events",
    "output.log": "output", "result.json": "result", "answers.jsonl.gz": "answers",
    "map.json": "map", "inputs.json": "inputs",
}  # fmt: skip
"""Of the files that every run may have."""


def files_in(folder: Path, made: Mapping[str, Artifact]) -> tuple[Artifact, ...]:
    """What the run made, then what else lies there, by name. A folder that it made is one entry."""
    other = []
    for path, size in _walk(folder, ""):
        if path not in made and not any(path.startswith(f"{whole}/") for whole in made):
            kind = KINDS.get(path, path.partition("/")[0] if "/" in path else "")
            other.append(Artifact(path, kind, size))
        if len(other) == _MOST:
            break
    return (*made.values(), *other)


def _walk(folder: Path, under: str) -> Iterator[tuple[str, int]]:
    try:
        entries = sorted(os.scandir(folder / under), key=lambda entry: entry.name)
    except OSError:  # deleted meanwhile, or of another user's
        return
    for entry in entries:
        path = f"{under}/{entry.name}" if under else entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder, path)
            else:
                yield path, entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
