"""What `tag`, `note`, `rename`, `star` and `archive` do.

They change what the user says of a run, and nothing else.
"""

from collections.abc import Sequence

from graftui.cli.commands.choosing import NOBODY, agreed, chosen
from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.scheduler.labels import HOW_TO_TAG, TagChanges, tag_changes
from graftui.scheduler.relabel import relabel
from graftui.settings import Settings
from graftui.show import labels as say
from graftui.terminal import Console

_HOW = f"{HOW_TO_TAG}: graftui tag last +paper -draft"


def split(words: Sequence[str]) -> tuple[list[str], TagChanges]:
    """Runs and changes, as they stand among each other. Raises UsageError."""
    changes = [word for word in words if word.startswith(("+", "-"))]
    return [word for word in words if word not in changes], tag_changes(changes, _HOW)


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
    changes.refuse_missing(runs)
    if filters and not agreed(runs, f"tag {changes}", yes, console):
        return
    for run in runs:
        run = relabel(settings, store, run.id, lambda run: {"tags": changes.applied(run.tags)})
        console.print(say.tagged(run), soft_wrap=True)


def note(settings: Settings, store: Store, console: Console, ref: str, text: str) -> None:
    """Write what the user thinks of a run; nothing takes the note away."""
    run = store.resolve(ref)
    relabel(settings, store, run.id, lambda run: {"note": text.strip()})
    console.print(say.noted([run], text.strip()), soft_wrap=True)


def rename(settings: Settings, store: Store, console: Console, ref: str, name: str) -> None:
    """Give a run another name."""
    if not name.strip():
        raise UsageError("A run needs a name.", "Give one: graftui rename last baseline")
    run = store.resolve(ref)
    relabel(settings, store, run.id, lambda run: {"name": name.strip()})
    console.print(say.renamed([run], name.strip()), soft_wrap=True)


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
    if filters and not agreed(runs, f"call them {say.done(field, value)}", yes, console):
        return
    for run in runs:
        relabel(settings, store, run.id, lambda run: {field: value})
    console.print(say.marked(runs, field, value), soft_wrap=True)
