"""The verbs of `graftui trash`: what rm deleted of late."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli.common import Json, Yes, console_here, settings_here, store_here

trash = typer.Typer(help="What rm deleted of late: list, put back, empty.", no_args_is_help=True)
Trashed = Annotated[list[str], typer.Argument(metavar="ID...", help="Deleted runs: ids or names")]


def ls(json: Json = False) -> None:
    """List deleted runs that can be brought back, the newest deletion first."""
    from graftui.cli.commands import deleting

    deleting.list_trash(settings_here(), console_here(), json)


def restore(refs: Trashed) -> None:
    """Bring deleted runs back, with their files."""
    from graftui.cli.commands import deleting

    settings = settings_here()
    with store_here(settings) as store:
        deleting.restore(settings, store, console_here(), refs)


def empty(yes: Yes = False) -> None:
    """Delete for good what is in the trash: this frees its space."""
    from graftui.cli.commands import deleting

    deleting.empty(settings_here(), console_here(), yes)


# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "trash": (
        trash,
        {
            ls: "graftui trash ls",
            restore: "graftui trash restore k3f9qz",
            empty: "graftui trash empty -y",
        },
    ),
}
