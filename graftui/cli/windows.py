"""Verbs for the dashboard elsewhere than in this terminal: in a browser, and as a picture."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli.common import console_here, settings_here


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
    address can do all that the dashboard can. Needs pip install 'graftui[web]'.
    """
    from graftui.web.serving import serve

    settings_here()  # what is wrong with them is said here, not in the browser
    serve(console_here(), port, read_only, idle)


VERBS: dict[Callable[..., None], str] = {serve: "graftui serve --read-only"}
