"""Verbs for the dashboard elsewhere than in this terminal: in a browser, and as a picture."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from graftui.cli.common import allow_commands, console_here, say, settings_here
from graftui.errors import UsageError

_SCREENS = "runs, run, compare, sweeps, sweep, queue, new"


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine")] = 8642,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Nothing can be started, ended or changed")
    ] = False,
    idle: Annotated[
        float, typer.Option(min=0.1, metavar="MINUTES", help="End a session that nobody touched")
    ] = 60.0,
) -> None:
    """The dashboard in a browser on this machine, at an address with a token in it: who has that
    address can do all that the dashboard can. Needs the extra `web`: pip install textual-serve.
    """
    from graftui.web.serving import serve

    allow_commands(settings_here())  # what is wrong is said here, not in the browser
    serve(console_here(), port, read_only, idle)


def screenshot(
    screen: Annotated[str, typer.Argument(metavar="SCREEN", help=f"One of {_SCREENS}")],
    names: Annotated[
        list[str], typer.Argument(metavar="[NAME...]", help="Runs, sweeps or the recipe on it")
    ] = [],  # noqa: B006
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="In .svg, .png or .txt")
    ] = Path("graftui.svg"),
    size: Annotated[str, typer.Option(metavar="WxH", help="Columns and lines")] = "120x36",
    keys: Annotated[
        str, typer.Option(metavar="KEY,...", help="Keys to press first, such as 3,down,z")
    ] = "",
) -> None:
    """A picture of a screen of the dashboard, for a paper or a page, without opening it. It changes
    nothing.
    """
    from graftui.tui.picture import Wanted, write

    columns, lines = _size(size)
    pressed = [key.strip() for key in keys.split(",") if key.strip()]
    write(settings_here(), Wanted(screen, names, pressed, columns, lines), output)
    say(f"wrote {output}")


def _size(text: str) -> tuple[int, int]:
    """Raises UsageError."""
    sides = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if sides is None or min(map(int, sides.groups())) < 1:
        raise UsageError(f"--size {text}: is no size.", "Columns and lines, such as 120x36.")
    return int(sides[1]), int(sides[2])


VERBS: dict[Callable[..., None], str] = {
    serve: "graftui serve --read-only",
    screenshot: "graftui screenshot run last --keys 3 --size 100x30 -o curves.svg",
}
