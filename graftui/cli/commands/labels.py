"""What `tag`, `note`, `rename`, `star` and `archive` do.

They change what the user says of a run, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graftui.cli.commands.choosing import NOBODY, agreed, chosen, named
from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.scheduler.relabel import relabel
from graftui.settings import Settings
from graftui.terminal import Console

_HOW = "Write +TAG to add one and -TAG to take one away: graftui tag last +paper -draft"


@dataclass(frozen=True, slots=True)
class Changes:
    """Of tags, as typed."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]

    def applied(self, tags: Sequence[str]) -> tuple[str, ...]:
        """`tags` after them."""
        kept = [tag for tag in tags if tag not in self.dropped]
        return tuple(dict.fromkeys([*kept, *self.added]))


def split(words: Sequence[str]) -> tuple[list[str], Changes]:
    """Runs and changes, as they stand among each other. Raises UsageError."""
    changes = [word for word in words if word.startswith(("+", "-"))]
    refs = [word for word in words if word not in changes]
    added, dropped = (
        tuple(dict.fromkeys(word[1:].strip() for word in changes if word[0] == sign))
        for sign in "+-"
    )
    if not changes or "" in (*added, *dropped):
        raise UsageError("No tag is given." if not changes else "A tag has no name.", _HOW)
    if both := set(added) & set(dropped):
        raise UsageError(f"+{min(both)} and -{min(both)} undo each other.", "Leave one out.")
    return refs, Changes(added, dropped)


def tag(
    settings: Settings,
    store: Store,
    console: Console,
    words: Sequence[str],
    filters: Sequence[str],
    yes: bool,
) -> None:
    """Add and take away tags; of runs chosen by a filter after asking."""
    refs, changes = split(words)
    runs = chosen(settings, store, refs, filters)
    if not runs:
        console.print(NOBODY)
        return
    _refuse_missing(runs, changes)
    what = " ".join([*(f"+{t}" for t in changes.added), *(f"-{t}" for t in changes.dropped)])
    if filters and not agreed(runs, f"tag {what}", yes, console):
        return
    for run in runs:
        run = relabel(settings, store, run.id, lambda run: {"tags": changes.applied(run.tags)})
        console.print(f"{run.id} ({run.name}): {', '.join(run.tags) or 'no tags'}", soft_wrap=True)


def _refuse_missing(runs: Sequence[Run], changes: Changes) -> None:
    there = {tag for run in runs for tag in run.tags}
    for tag in changes.dropped:
        if tag not in there:
            known = f"There are: {', '.join(sorted(there))}." if there else "There are none."
            who = f"run {runs[0].id} has no" if len(runs) == 1 else "none of these runs has a"
            raise UsageError(f"-{tag}: {who} tag {tag!r}.", known)


def note(settings: Settings, store: Store, console: Console, ref: str, text: str) -> None:
    """Write what the user thinks of a run; nothing takes the note away."""
    run = store.resolve(ref)
    relabel(settings, store, run.id, lambda run: {"note": text.strip()})
    said = f"noted of {run.id} ({run.name}): {text.strip()}" if text.strip() else (
        f"the note of {run.id} ({run.name}) is taken away"
    )  # fmt: skip
    console.print(said, soft_wrap=True)


def rename(settings: Settings, store: Store, console: Console, ref: str, name: str) -> None:
    """Give a run another name."""
    if not name.strip():
        raise UsageError("A run needs a name.", "Give one: graftui rename last baseline")
    run = store.resolve(ref)
    relabel(settings, store, run.id, lambda run: {"name": name.strip()})
    console.print(f"{run.id} is {name.strip()} now, not {run.name}", soft_wrap=True)


_DONE = {
    ("star", True): "starred", ("star", False): "not starred any more",
    ("archived", True): "archived", ("archived", False): "not archived any more",
}  # fmt: skip


def mark(
    settings: Settings,
    store: Store,
    console: Console,
    refs: Sequence[str],
    filters: Sequence[str],
    yes: bool,
    field: str,
    value: bool,
) -> None:
    """Set one mark of runs, a field of theirs; of runs chosen by a filter after asking."""
    # A filter finds no archived runs unless it asks, and who takes them out again does.
    asks = field == "archived" and not value and not refs
    runs = chosen(
        settings, store, refs, [*filters, "archived=yes"] if asks and filters else filters
    )
    runs = [run for run in runs if getattr(run, field) is not value]
    if not runs:
        console.print(f"{NOBODY}, or it is so already")
        return
    done = _DONE[field, value]
    if filters and not agreed(runs, f"call them {done}", yes, console):
        return
    for run in runs:
        relabel(settings, store, run.id, lambda run: {field: value})
    console.print(f"{counted(len(runs))} {done}: {named(runs)}", soft_wrap=True)
