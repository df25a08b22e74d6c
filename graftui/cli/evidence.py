"""The verb about what holds of a graft."""

from collections.abc import Callable
from typing import Annotated, Literal

import typer

from graftui.cli import writing
from graftui.cli.common import (
    Detach,
    Json,
    On,
    Ref,
    allowing,
    console_here,
    settings_here,
    store_here,
)

Form = Annotated[
    Literal["table", "md", "latex", "json"] | None,
    typer.Option("--format", help="Of the card; else by the file's ending, or a page"),
]
Asked = Annotated[
    list[str],
    typer.Option(
        "--set", "-s", metavar="SETTING=VALUE",
        help="How many controls: draws, regions, lrs=[0.1,0.3], steps, seeds, recover",
    ),
]  # fmt: skip


def evidence(
    ref: Ref,
    set_: Asked = [],  # noqa: B006  typer copies it
    no_run: Annotated[
        bool,
        typer.Option("--no-run", help="Queue nothing; say what can be said already"),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print which control runs it takes; queue nothing")
    ] = False,
    on: On = "",
    detach: Detach = False,
    format_: Form = None,
    output: writing.Output = None,
    json: Json = False,
) -> None:
    """Show what holds of a graft: a card of claims with intervals, beside random regions.

    The control runs that it needs are queued, and what is there already is not run again; Ctrl-C
    cancels them. docs/evidence.md explains each line.
    """
    from graftui.cli.commands import evidence as card
    from graftui.cli.commands import running

    form = "json" if json else writing.format_of(output, format_, "table")
    settings, console = settings_here(), console_here()
    writing.check_place(output, settings)
    allowing(lambda: running.check_executor(settings, on))
    with store_here(settings) as store:
        run = store.resolve(ref)
    asked = card.Asked(tuple(set_), no_run, dry_run, on, detach, form, output)
    card.show(settings, console, run, asked)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    evidence: "graftui evidence last --dry-run",
}
