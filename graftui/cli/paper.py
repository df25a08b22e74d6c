"""Verbs about the paper that grafting comes from: its tables and figures, made again."""

from collections.abc import Callable
from typing import Annotated, Literal

import typer

from graftui.cli import completion, writing
from graftui.cli.common import (
    Detach,
    Json,
    On,
    Sets,
    allowing,
    console_here,
    settings_here,
    store_here,
    store_to_read,
)
from graftui.cli.plain import PlainCommand
from graftui.cli.sweeps import NewCommand

paper = typer.Typer(
    help="Make the tables of the paper that grafting comes from (Panigrahi et al. 2023) again.\n\n"
    "graftui paper run accuracy --scale tiny",
    no_args_is_help=True,
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Of `graftui paper ls`", autocompletion=completion.paper_items
    ),
]
ScaleOf = Annotated[
    Literal["tiny", "small", "full"],
    typer.Option("--scale", help="tiny: the pocket language; small: hours; full: as the paper"),
]
Grid = Annotated[
    list[str],
    typer.Option("--grid", metavar="SETTING=V,V...", help="Other values of an axis, or another"),
]


def ls(json: Json = False) -> None:
    """List them: what each shows, and what the paper says of it."""
    from graftui.cli.commands import paper as items

    items.ls(console_here(), json)


def plan(
    name: Name, scale: ScaleOf = "tiny", set_: Sets = [], grid: Grid = [],  # noqa: B006
    json: Json = False,
) -> None:  # fmt: skip
    """Print what it would run, how long that takes and how much disk; queue nothing."""
    from graftui.cli.commands import paper as items

    settings = settings_here()
    items.plan(settings, console_here(), items.Asked(name, scale, set_, grid), json)


def run(
    name: Name, scale: ScaleOf = "tiny", set_: Sets = [], grid: Grid = [],  # noqa: B006
    on: On = "local", detach: Detach = False,
) -> None:  # fmt: skip
    """Queue what is not there yet as a sweep, wait for it, and print its table.

    Ctrl-C leaves it in the queue; the same command again takes it up.
    """
    from graftui.cli.commands import paper as items
    from graftui.cli.commands import running

    settings = settings_here()
    allowing(lambda: running.check_executor(settings, on))
    store_here(settings).close()
    items.run(settings, console_here(), items.Asked(name, scale, set_, grid), on, detach)


def table(
    name: Name, scale: ScaleOf = "tiny", set_: Sets = [], grid: Grid = [],  # noqa: B006
    format_: Annotated[writing.Format | None, typer.Option("--format", help="Of the table")] = None,
    output: writing.Output = None, raw: writing.Raw = False, json: Json = False,
) -> None:  # fmt: skip
    """Make its table of the runs that are there, whoever made them; what is missing is told."""
    from graftui.cli.commands import paper as items

    to = writing.target(output, format_, json, raw, "A table is no picture.")
    settings = settings_here()
    writing.check_place(to.output, settings)
    with store_to_read(settings) as store:
        asked = items.Asked(name, scale, set_, grid)
        items.table(settings, store, console_here(), asked, to)


# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "paper": (
        paper,
        {
            ls: "graftui paper ls",
            plan: "graftui paper plan accuracy --scale full --set task.data=lm-bff",
            run: "graftui paper run accuracy --grid task.data_seed=13,21,42",
            table: "graftui paper table accuracy -o accuracy.tex",
        },
    )
}
COMMANDS: dict[Callable[..., None], type[PlainCommand]] = dict.fromkeys(
    (plan, run, table), NewCommand
)
