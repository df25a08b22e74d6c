"""The verbs that hold runs against each other: compare, answers."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli import completion, writing
from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Ref,
    console_here,
    settings_here,
    store_to_read,
)
from graftui.cli.writing import Format, Output, Raw, Target
from graftui.errors import UsageError

By = Annotated[
    str, typer.Option(metavar="KEY,...", help="Collect over seeds: a row for each of these")
]
Rows = Annotated[str, typer.Option(metavar="KEY,...", help="Pivot over seeds: keys of its rows")]
Cols = Annotated[str, typer.Option(metavar="KEY,...", help="Keys of its columns")]
Value = Annotated[
    str,
    typer.Option(
        metavar="SPLIT.SCORE", help="What the pivot shows, such as test.ece; else each task's own"
    ),
]
BestOn = Annotated[str, typer.Option(help="Of each seed's runs take the best on this split")]
Over = Annotated[
    str,
    typer.Option(
        metavar="KEY,...",
        help="Settings that are seeds: with --by those of data, train and graft, which `seeds` "
        "stands for; with IDs, make one column of the runs that differ in these alone",
    ),
]
Every = Annotated[bool, typer.Option("--all", help="With IDs: also the settings that are the same")]
Against = Annotated[
    str,
    typer.Option(
        metavar="ID", autocompletion=completion.runs,
        help="With IDs: differences per seed from the baseline that this run is of, with interval "
        "and McNemar's test; to a file or with --json these alone",
    ),
]  # fmt: skip
Metric = Annotated[str, typer.Option(help="Score that counts; else each task's own")]
Scores = Annotated[
    str, typer.Option(metavar="NAME,...", help="More scores to show, such as ece,agreement")
]
Plot = Annotated[
    bool,
    typer.Option(
        "--plot", help="Draw scores over sizes; with IDs curves too; with -o FILE.pdf as a figure"
    ),
]
Compared = Annotated[Format | None, typer.Option("--format", help="Of what is compared")]


def compare(
    refs: MaybeRefs = [],  # noqa: B006
    by: By = "",
    rows: Rows = "",
    cols: Cols = "",
    value: Value = "",
    filter_: Filters = [],  # noqa: B006
    best_on: BestOn = "dev",
    over: Over = "",
    every: Every = False,
    metric: Metric = "",
    scores: Scores = "",
    against: Against = "",
    plot: Plot = False,
    format_: Compared = None,
    output: Output = None,
    raw: Raw = False,
    json: Json = False,
) -> None:
    """Show runs side by side: only the settings that differ, then the scores.

    With IDs and --over seeds: a column for those that differ in seeds alone, mean and standard
    deviation. With --by, or --rows and --cols: collect the results of many runs over their seeds,
    of each the run that is best on dev.
    """
    to = writing.target(output, format_, json, raw, "" if plot else "Add --plot.")
    if refs and not (by or rows or cols or value or filter_ or metric or scores):
        _side_by_side(refs, (over, every, against, plot), to)
    elif not refs and bool(by) != bool(rows and cols):
        options = (by, best_on, over or "seeds", metric, scores)
        _collect(options, filter_, (rows, cols, value), to, plot)
    else:
        _refuse()


def _refuse() -> None:
    raise UsageError(
        "There is nothing to compare: give the IDs of two runs or more, or --by and no ids, or "
        "--rows and --cols.",
        "Choose runs with --filter: compare --by task.name -f tag=paper",
    )


def _side_by_side(refs: list[str], options: tuple[str, bool, str, bool], to: Target) -> None:
    from graftui.cli.commands import comparing

    wanted, settings = comparing.Wanted(*options, to), settings_here()
    writing.check_place(to.picture or to.output, settings)
    with store_to_read(settings) as store:
        comparing.show(store, settings, refs, wanted, console_here())


def _collect(
    options: tuple[str, str, str, str, str],
    filters: list[str],
    pivot: tuple[str, str, str],
    to: Target,
    plot: bool,
) -> None:
    from graftui.cli.commands import collecting
    from graftui.cli.commands.choosing import query_of
    from graftui.results.collecting import Request

    settings = settings_here()
    by, *others = options
    request: Request = Request(by, query_of(settings, filters), *others)
    writing.check_place(to.picture or to.output, settings)
    with store_to_read(settings) as store:
        if by:
            collecting.groups(store, request, to, plot, console_here())
        else:
            collecting.pivot(store, settings, request, pivot, to, plot, console_here())


def answers(
    ref: Ref,
    other: Annotated[
        str, typer.Argument(metavar="[ID]", help="A second run", autocompletion=completion.runs)
    ] = "",
    show: Annotated[str, typer.Option("--show", help="Rows: lost, gained or all")] = "lost",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="At most so many rows; 0: all")
    ] = 50,
    format_: Compared = None,
    output: Output = None,
    raw: Raw = False,
    json: Json = False,
) -> None:
    """Show which test rows a graft loses: text, right answer, and both models' answers.

    Of one run: its fine-tuned model against its graft. Of two: the results of both. The rows on
    which they are farthest apart come first.
    """
    from graftui.cli.commands import answers as printing

    form = writing.format_of(output, "json" if json else format_, "table")
    settings = settings_here()
    writing.check_place(output, settings)
    with store_to_read(settings) as store:
        runs = [store.resolve(each) for each in (ref, other) if each]
    printing.show(settings, runs, printing.Wanted(show, limit, form, output, raw), console_here())


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    compare: "graftui compare --by task.name,graft.sparsity -f 'tag in (paper, extra)'",
    answers: "graftui answers last --show lost",
}
