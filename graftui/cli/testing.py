"""Verbs about what models with skills answer: on other tasks, and how sure of it they are."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli import writing
from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Refs,
    console_here,
    settings_here,
    store_to_read,
)
from graftui.cli.comparison import Compared
from graftui.cli.writing import Output, Raw


def rel(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    format_: Compared = None,
    output: Output = None,
    raw: Raw = False,
    json: Json = False,
) -> None:
    """Show what each skill gains on each task, as a share of what fine-tuning on it gains.

    Row i, column j: (skill i on task j - pretrained on j) / (fine-tuned on j - pretrained on j).
    Of runs that tested skills, and of the runs that these are made from; means over seeds.
    """
    from graftui.cli.commands import relative

    to, settings = writing.target(output, format_, json, raw), settings_here()
    writing.check_place(to.picture or to.output, settings)
    with store_to_read(settings) as store:
        relative.show(settings, store, refs, filter_, to, console_here())


def calibration(
    refs: Refs,
    bins: Annotated[int, typer.Option(min=1, max=1000, help="Bins of confidence")] = 15,
    mass: Annotated[
        bool, typer.Option("--mass", help="Draw bins of as many rows each, not of equal width")
    ] = False,
    split: Annotated[str, typer.Option(help="Of this split; else of all test sets")] = "",
    format_: Compared = None,
    output: Output = None,
    raw: Raw = False,
    json: Json = False,
) -> None:
    """Show how often models are right beside how sure they are: ECE, Brier, NLL, and a diagram.

    From the answers that runs leave: no model is loaded. The bins of the scores of a run are 15
    of equal width.
    """
    from graftui.cli.commands import calibration as printing

    to, settings = writing.target(output, format_, json, raw), settings_here()
    writing.check_place(to.picture or to.output, settings)
    with store_to_read(settings) as store:
        runs = list({run.id: run for run in map(store.resolve, refs)}.values())
    wanted = printing.Wanted(bins, mass, split, to)
    printing.show(settings, runs, wanted, console_here())


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    calibration: "graftui calibration last --mass",
    rel: "graftui rel -f kind=evaluate",
}
