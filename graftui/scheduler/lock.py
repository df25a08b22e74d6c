"""Locks of files, dropped by the kernel with their holder; of them the one supervisor at a time.

The supervisor's belongs to a registry and a data folder together: runs of another folder, or queued
by another registry, are another supervisor's business.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from graftui.settings import Settings


def lock_path(settings: Settings) -> Path:
    """Beside the registry: data folders may lie on network disks, which lock badly."""
    digest = sha256(settings.folder.encode(errors="surrogateescape")).hexdigest()[:8]
    return Path(f"{settings.registry}-{digest}.lock")


@contextmanager
def taking(path: Path, wait_s: float = 0.0) -> Iterator[int | None]:
    """Hold the lock of a file, which is made if need be, for the block: the file, open; None if
    another process has it for all of `wait_s`.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        until = time.monotonic() + wait_s
        while not (taken := _try(file, fcntl.LOCK_EX)) and time.monotonic() < until:
            time.sleep(0.02)
        yield file if taken else None
    finally:
        os.close(file)


@contextmanager
def supervising(settings: Settings, wait_s: float = 2.0) -> Iterator[bool]:
    """Hold the lock for the block; False if another has it for all of `wait_s`.

    Waiting a little, because `supervised` takes the lock for an instant.
    """
    path = lock_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with taking(path, wait_s) as file:
        if file is not None:
            with suppress(OSError):  # a full disk
                os.ftruncate(file, 0)
                os.write(file, str(os.getpid()).encode())
        yield file is not None


def supervised(settings: Settings) -> bool:
    """Whether a supervisor is at work."""
    try:
        file = os.open(lock_path(settings), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def came_up(settings: Settings, pid: int) -> bool:
    """Whether the supervisor `pid` has held the lock, last of all."""
    try:
        return lock_path(settings).read_bytes() == str(pid).encode()
    except FileNotFoundError:
        return False


def _try(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
