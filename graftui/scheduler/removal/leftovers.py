"""Half-deleted and half-made run directories, left by a killed process: `.gone-ID`, `.new-ID`.

Owns how a directory is deleted: hidden first, in one step, and by whoever comes by then cleared.
"""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

# Longer than it takes to queue the largest recipe: younger ones are still being made.
_MAKING_S = 3600.0


def hide(path: Path) -> None:
    """Take a run's directory away in one step, if it is there."""
    if os.path.lexists(path):
        path.rename(hidden(path))


def hidden(path: Path) -> Path:
    """Where a run's directory is while it is being deleted."""
    return path.with_name(f".gone-{path.name}")


def clear(gone: Path) -> None:
    """Delete what was hidden. Of a link only the link: what it points to is not ours."""
    if gone.is_symlink() or gone.is_file():
        gone.unlink(missing_ok=True)
    else:
        shutil.rmtree(gone, ignore_errors=True)  # another process may be at it too


def leftovers(runs: Path) -> list[Path]:
    """What is to be cleared."""
    try:
        names = [name for name in os.listdir(runs) if name.startswith(".")]
    except FileNotFoundError:
        return []
    return [runs / name for name in names if name.startswith(".gone-") or _abandoned(runs / name)]


def clear_leftovers(runs: Path) -> None:
    """Finish what others began."""
    for path in leftovers(runs):
        clear(path)


def _abandoned(path: Path) -> bool:
    try:
        return path.name.startswith(".new-") and time.time() - path.stat().st_mtime > _MAKING_S
    except OSError:  # in place by now
        return False


def size(folder: Path) -> int:
    """Bytes of all files below `folder`; of a link, none: what it points to stays."""
    total = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # another process may be at it
                total += os.lstat(os.path.join(inner, name)).st_size
    return total
