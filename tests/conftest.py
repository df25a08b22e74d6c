"""For all tests: one thread, no hub, and a reason for what cannot run here."""

import gc
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).parents[2] / "shared"
WAITING = ("soak", "slurm", "wheel", "fork")
"""Markers and fixtures of tests that mostly wait, the longest first."""

# Before anything imports torch or datasets, and for the processes that tests start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["XDG_CONFIG_HOME"] = "/dev/null"  # what the developer has there is no part of the tests
os.environ["XDG_STATE_HOME"] = "/dev/null"

# Without bytecode each of these processes would compile graftui anew, and pytest its own tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that runs the tests in the background has them ignore Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Busy machines are slow, and a test that fails once in a hundred runs helps nobody:
# `pytest --hypothesis-profile=default` looks for new examples.
settings.register_profile("steady", deadline=None, derandomize=True, database=None, max_examples=20)
settings.load_profile("steady")


gc.disable()  # until all is imported


def pytest_collection_finish() -> None:
    """What came with torch and transformers is here to stay: each look through its half a million
    objects for garbage takes half a second, and each graft looks.
    """
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    real = [item for item in items if item.get_closest_marker("shared")]
    if real and not SHARED.is_dir():
        _skip(real, f"{SHARED} is not there: real data and models")
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu and not _cuda():
        _skip(on_gpu, "torch sees no CUDA device")
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    """What mostly waits begins first, for other workers to fill that time, and what shares a
    process stays together.
    """
    for number, name in enumerate(WAITING):
        if item.get_closest_marker(name) or name in getattr(item, "fixturenames", ()):
            return number
    return len(WAITING)


def _skip(items: list[pytest.Item], reason: str) -> None:
    for item in items:
        item.add_marker(pytest.mark.skip(reason=reason))


def _cuda() -> bool:
    import torch  # what needs a GPU has imported it

    return torch.cuda.is_available()


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """An engine that runs within a test takes these signals: they are given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry without runs, to be copied."""
    from graftui.registry.store import Store

    path = tmp_path_factory.mktemp("registry") / "runs.db"
    Store.open(path).close()
    return path


@pytest.fixture(scope="session", autouse=True)
def copied_registries(empty_registry: Path) -> Iterator[None]:
    """A registry that is new begins as a copy of the empty one: to migrate each anew, which takes
    fifty milliseconds, would be most of what the tests that need one take.
    """
    from graftui.registry import connect as connecting
    from graftui.registry import migrations, store

    changes = list(migrations.MIGRATIONS)

    def connect(path: Path) -> sqlite3.Connection:
        remains = (path.with_name(f"{path.name}{end}") for end in ("", "-wal"))
        with suppress(OSError):  # there it is, or cannot be: as it says itself
            if list(migrations.MIGRATIONS) == changes and not any(map(Path.exists, remains)):
                copy = path.with_name(f".{path.name}-{os.getpid()}")
                shutil.copy(empty_registry, copy)
                try:
                    os.link(copy, path)
                finally:
                    copy.unlink()
        return connecting.connect(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "connect", connect)
        yield


@pytest.fixture
def migrated_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that is new is made and migrated, as outside of tests."""
    from graftui.registry import connect, store

    monkeypatch.setattr(store, "connect", connect.connect)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real data and models; for tests marked `shared`."""
    return SHARED
