"""The doctor: what is here, what is missing, how to get it. Only `rebuild` changes anything."""

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from engine.contract.catalog import CatalogError, tasks
from engine.contract.layout import shipped
from graftui import __version__
from graftui.errors import GraftuiError, NewerRegistry, explain
from graftui.registry import ingest
from graftui.registry.connect import set_aside
from graftui.registry.folders import Skipped, shut
from graftui.registry.store import Store
from graftui.registry.view import view
from graftui.scheduler.lock import supervised
from graftui.scheduler.queue import queue_file
from graftui.scheduler.queue.work import work
from graftui.scheduler.removal import trash
from graftui.scheduler.removal.leftovers import leftovers, size
from graftui.settings import Settings

_PACKAGES = ("torch", "transformers", "datasets", "textual", "sqlite-utils")
_LOW_GIB = 5
_CPU_BUILD = "torch is a CPU build; for CUDA: pip install --force-reinstall torch"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    text: str
    hint: str = ""


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order to read them."""
    return [*_versions(), *_devices(), *_registry(settings), _disk(settings), _embedded()]


def _versions() -> Iterator[Check]:
    yield Check("graftui", True, f"{__version__}, Python {platform.python_version()}")
    for package in _PACKAGES:
        try:
            yield Check(package, True, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Check(package, False, "is not installed", f"pip install {package}")


def _devices() -> Iterator[Check]:
    """GPUs as the driver tells them: importing torch to ask would take seconds."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        yield Check("device", True, "CPU; no NVIDIA driver here")
        return
    usable = "+cpu" not in _version("torch")
    for handle in handles:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        free, total = memory.free / 2**30, memory.total / 2**30
        text = f"{pynvml.nvmlDeviceGetName(handle)}, {free:.0f} of {total:.0f} GiB free"
        yield Check("device", usable, text, "" if usable else _CPU_BUILD)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _registry(settings: Settings) -> list[Check]:
    try:
        with Store.open(settings.db) as store:
            return [*_content(store, settings), _queue(store, settings)]
    except (sqlite3.Error, OSError, GraftuiError) as error:
        known = explain(error, settings.db)
        if known is None:
            raise
    store, skipped = view(settings)
    store.close()
    refused = Check("registry", False, known.message, known.hint)
    return [refused, *_folders(skipped, settings)]


def _content(store: Store, settings: Settings) -> Iterator[Check]:
    troubles = store.check()
    skipped = ingest.adopt(store, settings).skipped
    hint = "" if not troubles else "`graftui doctor --rebuild` makes it anew from the run folders"
    text = "; ".join(troubles) or f"{settings.db}, runs: {store.count()}"
    yield Check("registry", not troubles, text, hint)
    yield from _folders(skipped, settings)


def _folders(skipped: Sequence[Skipped], settings: Settings) -> Iterator[Check]:
    """What is wrong with run folders, each once."""
    for each in {each.folder: each for each in (*skipped, *shut(settings.runs))}.values():
        yield Check("run folder", False, f"{each.folder}: {each.why}", each.hint)
    for path in leftovers(settings.runs):
        hint = "the next `graftui ls` clears it; if it does not, delete it by hand"
        yield Check("run folder", False, f"{path} is left of a command that was killed", hint)
    yield from _trash(settings)


def _trash(settings: Settings) -> Iterator[Check]:
    deleted = [each for each in trash.deletions(settings.runs) if each.ids]
    if not deleted:
        return
    number, total = sum(len(each.ids) for each in deleted), sum(size(d.path) for d in deleted)
    text = f"deleted runs: {number}, {total / 2**30:.1f} GiB, in {trash.folder(settings.runs)}"
    hint = "`graftui undo` brings back what was deleted last; `graftui trash empty` frees that"
    yield Check("trash", True, f"{text}, each for {settings.trash_days:g} days", hint)


def _queue(store: Store, settings: Settings) -> Check:
    active = len(store.active())
    if trouble := queue_file.trouble(settings):
        return Check("queue", False, trouble)
    if work(settings, store) and not supervised(settings):
        text = f"active runs: {active}, and no supervisor that starts the next"
        return Check("queue", False, text, "`graftui ls` starts one")
    return Check("queue", True, f"active runs: {active}")


def _disk(settings: Settings) -> Check:
    folder = next(p for p in (settings.runs, *settings.runs.parents) if os.path.exists(p))
    free = shutil.disk_usage(folder).free / 2**30
    ok = free >= _LOW_GIB
    hint = (
        ""
        if ok
        else "`graftui gc` frees checkpoints, `graftui trash empty` what was deleted; "
        "GRAFTUI_DATA moves them"
    )
    return Check("disk", ok, f"{free:.0f} GiB free below {folder}", hint)


def _embedded() -> Check:
    models = [p.parent.name for p in (shipped() / "pocket").glob("*/model.safetensors")]
    try:
        known = tasks()
    except CatalogError as error:
        return Check("embedded", False, str(error), "mend that block, or move the file away")
    ok = bool(models) and bool(known)
    text = f"{len(known)} tasks, pocket models {', '.join(sorted(models)) or 'missing'}"
    return Check("embedded", ok, text, "" if ok else "install graftui again: its data is missing")


def rebuild(settings: Settings) -> int:
    """Fill the registry anew from the run folders; one that cannot be used is set aside first."""
    if settings.db.exists() and (_damaged(settings.db) or _newer(settings.db)):
        set_aside(settings.db)
    with Store.open(settings.db) as store:
        return ingest.rebuild(store, settings)


def _newer(db: Path) -> bool:
    """Whether a later version made `db`."""
    try:
        Store.open(db).close()
    except NewerRegistry:
        return True
    return False


def _damaged(db: Path) -> bool:
    """Whether `db` is broken for good, not merely locked or out of reach."""
    try:
        with closing(sqlite3.connect(db)) as opened:
            return str(opened.execute("PRAGMA quick_check").fetchone()[0]) != "ok"
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorname.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))
