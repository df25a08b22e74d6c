"""Verbs that delete, bring back, free space, keep a copy and mend."""

from collections.abc import Callable
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


def doctor(
    rebuild: Annotated[
        bool, typer.Option(help="Fill the registry anew from the run folders")
    ] = False,
    json: Json = False,
) -> None:
    """Check versions, device and registry; say what is missing and how to get it."""
    from graftui import doctor as checking
    from graftui.cli.commands import listing
    from graftui.cli.commands.output import send_json

    settings = settings_here()
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
    doctor: "graftui doctor --rebuild",
}
