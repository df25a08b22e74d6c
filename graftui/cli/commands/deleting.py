"""What `rm`, `undo` and `trash` do: say which runs go and which others need them, ask, delete."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.cli.commands.choosing import NOBODY, agreed, agreed_to, chosen
from graftui.cli.commands.output import send_json
from graftui.errors import NotFound
from graftui.models import Run
from graftui.registry.card import read_card
from graftui.registry.lineage import dependants
from graftui.registry.store import Store
from graftui.results.figures import counted, file_size
from graftui.results.times import age, ago
from graftui.scheduler import cancel
from graftui.scheduler.removal import trash
from graftui.scheduler.removal.leftovers import size
from graftui.settings import Settings
from graftui.show.labels import brought_back, named
from graftui.show.lines import Column, Lines
from graftui.terminal import Console


def remove(
    settings: Settings,
    store: Store,
    console: Console,
    refs: Sequence[str],
    filters: Sequence[str],
    yes: bool,
    now: bool,
) -> None:
    """Delete the runs with their folders; nothing if one of them is at work."""
    runs = chosen(settings, store, refs, filters)
    if not runs:
        console.print(NOBODY)
        return
    delete(settings, store, console, runs, yes, now)


def delete(
    settings: Settings,
    store: Store,
    console: Console,
    runs: Sequence[Run],
    yes: bool,
    now: bool = False,
) -> bool:
    """Delete `runs` after counting and asking; whether it was agreed to."""
    ids = [run.id for run in runs]
    console.print(f"{counted(len(runs))}: {named(runs)}", soft_wrap=True)
    _tell_dependants([store.get(id) for id in dependants(store.db, ids)], console)
    keeps = not now and trash.keeps(settings)
    kept = f"kept in the trash for {settings.trash_days:g} days" if keeps else "for good"
    act = f"delete with checkpoints and skill files, {kept}"
    if not agreed(runs, act, yes, console):
        return False
    in_trash = cancel.remove(settings, ids, now)
    console.print(f"deleted {named(runs)}", soft_wrap=True)
    if in_trash:
        console.print(
            "`graftui undo` brings back what was deleted last; `graftui trash empty` frees its "
            "space",
            style="dim",
        )
    elif keeps:
        console.print("There was no room to note it before they were gone: they are so for good.")
    return True


def _tell_dependants(runs: Sequence[Run], console: Console) -> None:
    if runs:
        console.print(
            f"{counted(len(runs))} made from them will lack what they were made from: "
            f"{named(runs)} (`graftui rerun` of a graft fine-tunes again)",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trashed:
    """A deleted run that can be brought back."""

    id: str
    name: str
    deleted_at: float
    """Seconds since the epoch."""
    left_s: float
    """Until it is deleted for good."""
    bytes: int
    folder: str


def list_trash(settings: Settings, console: Console, json: bool) -> None:
    """The runs in the trash, the last deletion first."""
    listed = _trashed(settings)
    if json:
        send_json([asdict(run) for run in listed])
        return
    if not listed:
        console.print("nothing is in the trash")
        return
    now = time.time()
    heads = [Column("id", least=6), Column("name"), Column("deleted"), Column("left", right=True),
             Column("size", right=True)]  # fmt: skip
    rows = [
        [run.id, run.name, ago(run.deleted_at, now), age(max(0.0, run.left_s)),
         file_size(run.bytes)] for run in listed
    ]  # fmt: skip
    console.print(Lines(heads, rows), crop=False)
    total = file_size(sum(run.bytes for run in listed))
    console.print(f"{counted(len(listed))}, {total}; `graftui trash restore ID` brings one back")


def _trashed(settings: Settings) -> list[Trashed]:
    now, days_s = time.time(), settings.trash_days * 24 * 3600.0
    return [
        Trashed(path.name, _name(path), deletion.at, deletion.at + days_s - now, size(path),
                str(path))
        for deletion in reversed(trash.deletions(settings.runs)) for path in deletion.runs
    ]  # fmt: skip


def _name(path: Path) -> str:
    card = read_card(RunDir(path))
    return card.name if card else path.name


def undo(settings: Settings, store: Store, console: Console) -> None:
    """Bring back the runs of the last deletion. Raises NotFound where there is none."""
    kept = [deletion for deletion in trash.deletions(settings.runs) if deletion.ids]
    if not kept:
        raise NotFound(
            "Nothing is in the trash.", "What `rm --now` deleted, or was over, is gone for good."
        )
    _put_back(settings, store, console, kept[-1].runs)


def restore(settings: Settings, store: Store, console: Console, refs: Sequence[str]) -> None:
    """Bring back the runs that `refs` name. Raises NotFound, and then brings back none."""
    listed = _trashed(settings)
    chosen = []
    for ref in refs:
        named = [run for run in listed if ref in (run.id, run.name)]
        if not named:
            raise NotFound(f"No run {ref!r} is in the trash.", "`graftui trash ls` shows what is.")
        chosen.append(Path(named[0].folder))  # the one that was deleted last
    _put_back(settings, store, console, list(dict.fromkeys(chosen)))


def _put_back(settings: Settings, store: Store, console: Console, folders: Sequence[Path]) -> None:
    runs = trash.put_back(settings, store, folders)
    console.print(brought_back(runs), soft_wrap=True)


def empty(settings: Settings, console: Console, yes: bool) -> None:
    """Delete for good what is in the trash."""
    there = trash.deletions(settings.runs)
    total = sum(size(deletion.path) for deletion in there)
    number = sum(len(deletion.ids) for deletion in there)
    if not there:
        console.print("nothing is in the trash")
    elif agreed_to(f"{counted(number)}, {file_size(total)}: delete for good?", yes, console):
        trash.empty(settings, there)
        console.print(f"{file_size(total)} are free again")
