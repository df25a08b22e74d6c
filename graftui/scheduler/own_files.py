"""What graftui itself lives by: no result is ever written over it."""

import os
from pathlib import Path

from graftui.scheduler.removal import trash
from graftui.settings import FILE, Settings


def is_ours(output: Path, settings: Settings) -> bool:
    """Whether it is the registry, the file of settings, or stands where runs and sweeps are."""
    path = Path(os.path.realpath(output))
    beside = [f"{settings.registry}{end}" for end in ("", "-wal", "-shm")]
    if str(path) in beside or path == settings.root / FILE:
        return True
    data = Path(settings.folder).parent
    folders = [Path(settings.folder), data / "sweeps", trash.folder(settings.runs)]
    return path == data / "queue.json" or any(path.is_relative_to(own) for own in folders)
