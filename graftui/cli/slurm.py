"""Verbs about Slurm: look at the cluster, and at what would be submitted."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli.common import Json, Ref, allowing, console_here, settings_here, store_here

slurm = typer.Typer(help="Look at the cluster that --on slurm submits to.", no_args_is_help=True)

Profile = Annotated[
    str, typer.Option("--on", metavar="EXECUTOR", help="slurm, or slurm:NAME by a profile")
]


def check(
    on: Profile = "slurm",
    wait: Annotated[float, typer.Option(help="Seconds to wait for the job")] = 120.0,
    json: Json = False,
) -> None:
    """Say what the cluster is and allows, and submit a tiny job that looks around there."""
    from graftui.cli.commands import slurm as looking

    settings = settings_here()
    allowing(lambda: looking.check_profile(settings, on))
    if not looking.check(settings, console_here(), on, wait, json):
        raise typer.Exit(5)


def script(ref: Ref, on: Profile = "") -> None:
    """Print the job script of a run, as it would be submitted."""
    from graftui.cli.commands import slurm as looking

    settings = settings_here()
    with store_here(settings) as store:
        run = store.resolve(ref)
    allowing(lambda: looking.script(settings, run, on))


# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "slurm": (
        slurm,
        {check: "graftui slurm check --on slurm:big", script: "graftui slurm script last"},
    ),
}
