"""The job that deletes runs, and the way back: out of the trash."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.scheduler.removal import trash
from graftui.settings import Settings
from graftui.show import labels as say
from graftui.tui.messages import Told
from graftui.tui.verbs.undoing import Step


def delete(settings: Settings, ids: Sequence[str], reached: Callable[[int], object]) -> Told:
    """Delete runs with their directories."""
    from graftui.scheduler import cancel  # imports what the first paint does not wait for

    what = f"Deleted {counted(len(ids))}."
    if not cancel.remove(settings, ids, reached=reached):
        return Told(f"{what} They are gone for good.", away=tuple(ids))
    folders = _in_trash(settings, ids)
    back = partial(_put_back, folders)
    step = Step(f"the deletion of {counted(len(ids))}", len(ids), back) if folders else None
    return Told(f"{what} u brings them back." if step else what, step, tuple(ids))


def _in_trash(settings: Settings, ids: Sequence[str]) -> list[Path]:
    """Where they are now: of a run whose folder was gone before, nowhere."""
    newest = {id: each for each in trash.deletions(settings.runs) for id in each.ids}
    return [newest[id].path / id for id in ids if id in newest]


def _put_back(
    folders: Sequence[Path], settings: Settings, reached: Callable[[int], object]
) -> Told:
    with Store.open(settings.db) as store:
        runs = trash.put_back(settings, store, folders)
    return Told(say.brought_back(runs))
