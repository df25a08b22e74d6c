"""Verbs that delete, bring back, free space, keep a copy, fetch one and mend."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Yes,
    console_here,
    say,
    settings_here,
    store_here,
    store_to_read,
)
from graftui.cli.writing import check_place
from graftui.errors import UsageError


def rm(
    refs: MaybeRefs = [],  # noqa: B006  typer copies it
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    now: Annotated[
        bool, typer.Option("--now", help="Delete for good: nothing goes to the trash")
    ] = False,
) -> None:
    """Delete runs with their files, after saying which and what depends on them. Runs at work
    are refused. `graftui undo` brings them back, for as many days as the setting trash_days says.
    """
    from graftui.cli.commands import deleting

    settings = settings_here()
    with store_to_read(settings) as store:
        deleting.remove(settings, store, console_here(), refs, filter_, yes, now)


def undo() -> None:
    """Bring back what was deleted last: all runs of that rm, with their files."""
    from graftui.cli.commands import deleting

    settings = settings_here()
    with store_here(settings) as store:
        deleting.undo(settings, store, console_here())


def gc(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    keep: Annotated[
        int, typer.Option(min=0, help="So many of each group keep theirs: the best on dev")
    ] = 1,
    by: Annotated[
        str, typer.Option(metavar="KEY,...", help="What a group of runs has in common")
    ] = "task,model",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Free checkpoints and saved states, of these runs or of all: what can be made again. The best
    of each group keep theirs, what is starred does, and what runs that are not finished need.
    """
    from graftui.cli.commands import freeing

    settings, policy = settings_here(), (keep, by, dry_run, yes, json)
    with store_to_read(settings) as store:
        freeing.gc(settings, store, console_here(), refs, filter_, freeing.Policy(*policy))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .tar.gz to write")],
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="With checkpoints, saved states and logits")
    ] = False,
) -> None:
    """Write the registry and the small files of all runs to one file. To restore, unpack it into
    an empty folder.
    """
    from graftui.registry import backup as writing
    from graftui.results.figures import counted, file_size

    settings = settings_here()
    check_place(file, settings)
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is no file that could be replaced.", "Give another path.")
    with store_here(settings) as store:
        made = writing.backup(store, settings, file, checkpoints)
    for path in made.unread:
        say(f"{path} may not be read, and is not in it")
    console_here().print(
        f"wrote {counted(made.runs)} to {file} ({file_size(made.bytes)}); to restore, in an empty "
        f"folder: tar xzf {file}", soft_wrap=True
    )  # fmt: skip


def pull(
    source: Annotated[
        str, typer.Argument(metavar="HOST:PATH", help="A working folder, there or here")
    ],
    filter_: Filters = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come")] = False,
    json: Json = False,
) -> None:
    """Bring the runs of another machine here, by rsync: those that have ended, with all their
    files. What is at work there is listed as elsewhere until the next pull. Nothing that is here
    is overwritten.
    """
    from graftui.cli.commands import fetching

    settings = settings_here()
    store_here(settings).close()
    fetching.pull(settings, console_here(), source, filter_, dry_run, json)


def doctor(
    rebuild: Annotated[
        bool, typer.Option(help="Fill the registry anew from the run folders")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without a doubt")
    ] = False,
    json: Json = False,
) -> None:
    """Check versions, device and registry; say what is missing and how to get it."""
    from graftui import doctor as checking
    from graftui.cli.commands import listing
    from graftui.cli.commands.output import send_json

    settings = settings_here()
    if fix:
        from graftui.mending import mend

        for done in mend(settings):
            say(done)
    if rebuild:
        say(f"read {checking.rebuild(settings)} run folders anew")
    checks = checking.examine(settings)
    if json:
        send_json([{"name": c.name, "ok": c.ok, "text": c.text, "hint": c.hint} for c in checks])
    else:
        listing.checks(checks, console_here())
    if not all(check.ok for check in checks):
        raise typer.Exit(5)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    rm: "graftui rm --filter 'status in (failed, lost) and age > 7d'",
    undo: "graftui undo",
    gc: "graftui gc --keep 1 --by task.name,train.lr --dry-run",
    backup: "graftui backup ../study.tar.gz",
    pull: "graftui pull gpu1:study --filter 'tag=study and status=finished'",
    doctor: "graftui doctor --fix",
}
