"""Verbs that look at runs and take results out."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graftui.cli import completion, writing
from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Ref,
    console_here,
    say,
    settings_here,
    store_to_read,
)
from graftui.cli.writing import FileFormat, Format, Output, Raw
from graftui.errors import UsageError

if TYPE_CHECKING:
    from graftui.results.collecting import Request

By = Annotated[
    str, typer.Option(metavar="KEY,...", help="Collect over seeds: a row for each of these")
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
Plot = Annotated[bool, typer.Option("--plot", help="Draw scores over sizes; with IDs curves too")]
Compared = Annotated[Format | None, typer.Option("--format", help="Of what is compared")]


def ls(
    filter_: Filters = [],  # noqa: B006
    sort: Annotated[str, typer.Option(help="Key to sort by; -key for descending")] = "-created",
    search: Annotated[str, typer.Option(help="Words in name, recipe, tags or settings")] = "",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="At most so many runs; 0: all")
    ] = 50,
    columns: Annotated[
        str, typer.Option(metavar="NAME,...", help="These columns: id,train.lr,seed,graft,ece")
    ] = "",
    by: Annotated[
        str,
        typer.Option(metavar="KEY,...", help="A line a group, mean ± deviation: or all-but-seed"),
    ] = "",
    json: Json = False,
) -> None:
    """List runs, newest first."""
    from graftui.cli.commands import listing

    settings = settings_here()
    with store_to_read(settings) as store:
        listing.show(
            store, settings, console_here(), filter_, sort, search, limit, json, columns, by
        )


def show(
    ref: Ref,
    curves: Annotated[bool, typer.Option("--curves", help="Draw its curves instead")] = False,
    x: Annotated[str, typer.Option("--x", help="With --curves: step, time or examples")] = "step",
    smooth: Annotated[
        float, typer.Option(help="With --curves: moving average, 0.6, 0.9 or 0.97")
    ] = 0.0,
    log: Annotated[bool, typer.Option("--log", help="With --curves: logarithmic y")] = False,
    json: Json = False,
) -> None:
    """Show a run: state, scores, files and every setting; or its curves."""
    settings = settings_here()
    if not curves and (log or smooth or x != "step"):
        raise UsageError("--x, --smooth and --log say how to draw curves.", "Add --curves.")
    with store_to_read(settings) as store:
        run = store.resolve(ref)
        if curves:
            from graftui.cli.commands import curves as drawing

            view = drawing.view_of(x, smooth, log)
            drawing.show(store, settings, run, console_here(), view)
        else:
            from graftui.cli.commands import detail

            detail.show(store, settings, run, console_here(), json)


def logs(
    ref: Ref,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run ends")
    ] = False,
) -> None:
    """Print what a run said, and the output of its process."""
    from graftui.cli.commands import logs as printing

    settings = settings_here()
    with store_to_read(settings) as store:
        run = store.resolve(ref)
    printing.show(settings, run, console_here(), follow)


def diff(ref: Ref, other: Ref, json: Json = False) -> None:
    """Explain why two runs differ: settings, seeds, inputs, data, code, packages, hardware.

    What matters most comes first. Says when nothing that was recorded differs, and the results
    still do. The exit code is 0 whether they differ or not; `differ` of --json says it.
    """
    from graftui.cli.commands import difference

    settings = settings_here()
    with store_to_read(settings) as store:
        difference.show(store, settings, (ref, other), console_here(), json)


def compare(
    refs: MaybeRefs = [],  # noqa: B006
    by: By = "",
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
    deviation. With --by: collect the results of many runs over their seeds, as mean, standard
    deviation and median of the runs that are best on dev.
    """
    if by and not refs:
        from graftui.cli.commands.choosing import query_of
        from graftui.results.collecting import Request

        form = "json" if json else writing.format_of(output, format_, "table")
        where = query_of(settings_here(), filter_)
        request = Request(by, where, best_on, over or "seeds", metric, scores)
        _collect(request, form, output, plot, raw)
    elif refs and not (by or filter_ or metric or scores):
        form = writing.format_of(output, "json" if json else format_, "table")
        _side_by_side(refs, (over, every, against, plot, form, output, raw))
    else:
        raise UsageError(
            "There is nothing to compare: give the IDs of two runs or more, or --by and no ids.",
            "With --by, choose runs with --filter: compare --by task.name -f tag=paper",
        )


def _side_by_side(
    refs: list[str], options: tuple[str, bool, str, bool, Format, Path | None, bool]
) -> None:
    from graftui.cli.commands import comparing

    wanted, settings = comparing.Wanted(*options), settings_here()
    writing.check_place(wanted.output, settings)
    with store_to_read(settings) as store:
        comparing.show(store, settings, refs, wanted, console_here())


def _collect(request: "Request", form: Format, output: Path | None, plot: bool, raw: bool) -> None:
    from graftui.results import collecting
    from graftui.results.export.groups import FORMATS
    from graftui.results.figures import counted
    from graftui.show import groups

    if plot and form != "table":
        raise UsageError(
            "A plot goes to the screen, below the table.", "Leave out --format, --json and -o."
        )
    key = writing.key_of(form, raw)
    settings = settings_here()
    writing.check_place(output, settings)
    with store_to_read(settings) as store:
        collected = collecting.collected(store, request)
    if form == "table":
        groups.show(collected, console_here(), plot)
        return
    writing.write(FORMATS[key](collected), output, counted(len(collected.groups), "row"))
    for note in () if form == "json" else collected.notes:  # JSON holds them
        say(note)


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


def export(
    runs: Annotated[
        str, typer.Option(help="Ids or names, comma-separated; all runs if not given")
    ] = "",
    filter_: Filters = [],  # noqa: B006
    format_: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Of the output; else by the file's ending, or csv"),
    ] = None,
    output: Output = None,
    raw: Raw = False,
) -> None:
    """Write results with all settings and scores as CSV, JSON, Markdown or LaTeX."""
    from graftui.cli.commands.choosing import query_of
    from graftui.registry.query.unarchived import unarchived
    from graftui.results.export.runs import FORMATS
    from graftui.results.figures import counted

    key = writing.key_of(writing.format_of(output, format_, "csv"), raw)
    settings = settings_here()
    writing.check_place(output, settings)
    query = query_of(settings, filter_)
    with store_to_read(settings) as store:
        refs = [ref.strip() for ref in runs.split(",") if ref.strip()]
        wanted = {store.resolve(ref).id for ref in refs}
        chosen = store.list(where=query if refs else unarchived(query), sort="created")
        chosen = [r for r in chosen if not refs or r.id in wanted]
        text = FORMATS[key](chosen, store.scores([r.id for r in chosen]))
    if not chosen:
        say("no run meets this")
    writing.write(text, output, counted(len(chosen)))


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    ls: "graftui ls -f 'graft > 90' --sort -graft",
    show: "graftui show last --json",
    logs: "graftui logs last -f",
    diff: "graftui diff k3f9qz m2p8ra",
    compare: "graftui compare --by task.name,graft.sparsity -f 'tag in (paper, extra)'",
    answers: "graftui answers last --show lost",
    export: "graftui export --format md -f tag=paper -o t.md",
}
