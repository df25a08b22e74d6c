"""The jobs of the verbs that say something of runs: each changes labels, and knows the way back."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from graftui.models import Run
from graftui.registry.query.keys import KEYS
from graftui.registry.query.vocabulary import values
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.scheduler.labels import (
    Labels,
    Reached,
    Relabelled,
    TagChanges,
    relabel_all,
    take_back,
)
from graftui.settings import Settings
from graftui.show import labels as say
from graftui.tui.messages import LabelsRead, Told
from graftui.tui.verbs.undoing import Step

_SAME = "Nothing to change: they are so already."


def read(settings: Settings, ids: Sequence[str]) -> LabelsRead:
    """Runs as they are now, and the tags that there are."""
    with Store.open(settings.db) as store:
        runs = [run for run in map(store.find, ids) if run is not None]
        return LabelsRead(runs, values(store.db, KEYS["tag"]))


def tag(settings: Settings, ids: Sequence[str], changes: TagChanges, reached: Reached) -> Told:
    """Add and take away tags."""
    with Store.open(settings.db) as store:
        how = lambda run: {"tags": changes.applied(run.tags)}  # noqa: E731
        done = relabel_all(settings, store, ids, how, reached)
        runs = _after(store, done)
    text = say.tagged(runs[0]) if len(runs) == 1 else f"{changes}: {counted(len(runs))}"
    return _told(text, str(changes), done)


def note(settings: Settings, ids: Sequence[str], text: str, reached: Reached) -> Told:
    """Write what the user thinks of them."""
    runs, done = _set(settings, ids, {"note": text}, reached)
    return _told(say.noted(runs, text), "the note", done)


def rename(settings: Settings, ids: Sequence[str], name: str, reached: Reached) -> Told:
    """Give them another name."""
    runs, done = _set(settings, ids, {"name": name}, reached)
    return _told(say.renamed(runs, name), f"the name {name}", done)


def toggle(settings: Settings, ids: Sequence[str], field: str, reached: Reached) -> Told:
    """Set a mark of theirs, a field; or, where all have it, take it away."""
    with Store.open(settings.db) as store:
        there = [run for run in map(store.find, ids) if run is not None]
    value = not all(getattr(run, field) for run in there)
    runs, done = _set(settings, ids, {field: value}, reached)
    text = say.marked(runs, field, value)
    return _told(text, say.done(field, value), done, moves=field == "archived")


def _set(
    settings: Settings, ids: Sequence[str], labels: Labels, reached: Reached
) -> tuple[list[Run], list[Relabelled]]:
    """The runs that had others, as they were."""
    before: dict[str, Run] = {}

    def change(run: Run) -> Labels:
        before[run.id] = run
        return labels

    with Store.open(settings.db) as store:
        done = relabel_all(settings, store, ids, change, reached)
    return [before[each.id] for each in done], done


def _after(store: Store, done: Sequence[Relabelled]) -> list[Run]:
    return [run for run in (store.find(each.id) for each in done) if run is not None]


def _told(text: str, what: str, done: Sequence[Relabelled], moves: bool = False) -> Told:
    """`moves`: the runs leave the list that they were in."""
    if not done:
        return Told(_SAME)
    step = Step(f"{what} of {counted(len(done))}", len(done), partial(_take_back, what, done))
    return Told(text, step, tuple(each.id for each in done) if moves else ())


def _take_back(
    what: str, done: Sequence[Relabelled], settings: Settings, reached: Callable[[int], Any]
) -> Told:
    with Store.open(settings.db) as store:
        back = take_back(settings, store, done, reached)
    stays = len(done) - len(back)
    since = f" {counted(stays)} changed since, or gone: left alone." if stays else ""
    return Told(f"Taken back: {what} of {counted(len(back))}.{since}")
