"""Verbs that look at runs and take results out."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from graftui.cli import writing
from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Ref,
    Times,
    console_here,
    settings_here,
    store_to_read,
)
from graftui.cli.writing import FileFormat, Output, Raw
from graftui.errors import UsageError


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
    times: Times = None,
    json: Json = False,
) -> None:
    """List runs, newest first."""
    from graftui.cli.commands import listing

    settings = settings_here(times=times)
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
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --curves: .pdf .svg .png, or as data .csv ..."),
    ] = None,
    times: Times = None,
    json: Json = False,
) -> None:
    """Show a run: state, scores, files and every setting; or its curves.

    --curves draws them; with --json, or -o FILE.csv, it writes each of their points.
    """
    settings = settings_here(times=times)
    if not curves and (log or smooth or output or x != "step"):
        raise UsageError("--x, --smooth, --log and -o say how to draw curves.", "Add --curves.")
    if curves and writing.is_data(output, json):
        from graftui.cli.commands import exporting

        exporting.history(settings, ref, output, as_measured=not (log or smooth or x != "step"))
        return
    picture = writing.picture(output, settings)
    with store_to_read(settings) as store:
        run = store.resolve(ref)
        if curves:
            from graftui.cli.commands import curves as drawing

            view = drawing.view_of(x, smooth, log)
            drawing.show(store, settings, run, console_here(), view, picture)
        else:
            from graftui.cli.commands import detail

            detail.show(store, settings, run, console_here(), json)


def logs(
    ref: Ref,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run ends")
    ] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="Only so many of the last lines; 0: all")
    ] = 0,
) -> None:
    """Print what a run said, and the output of its process."""
    from graftui.cli.commands import logs as printing

    settings = settings_here()
    with store_to_read(settings) as store:
        run = store.resolve(ref)
    printing.show(settings, run, console_here(), follow, lines)


def diff(ref: Ref, other: Ref, json: Json = False) -> None:
    """Explain why two runs differ: settings, seeds, inputs, data, code, packages, hardware.

    What matters most comes first. Says when nothing that was recorded differs, and the results
    still do. The exit code is 0 whether they differ or not; `differ` of --json says it.
    """
    from graftui.cli.commands import difference

    settings = settings_here()
    with store_to_read(settings) as store:
        difference.show(store, settings, (ref, other), console_here(), json)


def export(
    refs: MaybeRefs = [],  # noqa: B006
    runs: Annotated[
        str, typer.Option(metavar="ID,...", help="The same as the arguments, with commas")
    ] = "",
    filter_: Filters = [],  # noqa: B006
    curves: Annotated[
        bool, typer.Option("--curves", help="Each point of their curves instead: step, value")
    ] = False,
    format_: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Of the output; else by the file's ending, or csv"),
    ] = None,
    output: Output = None,
    raw: Raw = False,
) -> None:
    """Write results with all settings and scores as CSV, JSON, Markdown, LaTeX or Parquet.

    Of the runs that are given, or meet the filter; else of all. With --curves the history of
    each run, in one table for a notebook: pandas.read_csv, read_parquet.
    """
    from graftui.cli.commands import exporting

    key = writing.key_of(writing.format_of(output, format_, "csv"), raw)
    settings = settings_here()
    writing.check_place(output, settings)
    named = [*refs, *(ref.strip() for ref in runs.split(",") if ref.strip())]
    with store_to_read(settings) as store:
        chosen = exporting.runs_of(settings, store, named, filter_)
        write = exporting.curves if curves else exporting.scores
        write(store, chosen, key, output)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    ls: "graftui ls -f 'graft > 90' --sort -graft",
    show: "graftui show last --curves -o curves.csv",
    logs: "graftui logs last -f -n 20",
    diff: "graftui diff k3f9qz m2p8ra",
    export: "graftui export -f tag=paper -o results.csv",
}
