"""What `rm` does: says which runs go and which others need them, asks, deletes."""

from collections.abc import Sequence

from graftui.cli.commands.choosing import NOBODY, agreed, chosen, named
from graftui.models import Run
from graftui.registry.lineage import dependants
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.scheduler import cancel
from graftui.settings import Settings
from graftui.terminal import Console


def remove(
    settings: Settings,
    store: Store,
    console: Console,
    refs: Sequence[str],
    filters: Sequence[str],
    yes: bool,
) -> None:
    """Delete the runs with their folders; nothing if one of them is at work."""
    runs = chosen(store, refs, filters)
    if not runs:
        console.print(NOBODY)
        return
    ids = [run.id for run in runs]
    console.print(f"{counted(len(runs))}: {named(runs)}", soft_wrap=True)
    _tell_dependants([store.get(id) for id in dependants(store.db, ids)], console)
    act = "delete with checkpoints and skill files"
    if agreed(runs, act, yes, console):
        cancel.remove(settings, ids)
        console.print(f"deleted {named(runs)}", soft_wrap=True)


def _tell_dependants(runs: Sequence[Run], console: Console) -> None:
    if runs:
        console.print(
            f"{counted(len(runs))} made from them will lack what they were made from: "
            f"{named(runs)} (`graftui rerun` of a graft fine-tunes again)",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
