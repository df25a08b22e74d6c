"""What `compare --by` and `compare --rows --cols` print: results of many runs over their seeds."""

from functools import partial

from graftui.cli import writing
from graftui.cli.common import say
from graftui.cli.writing import Target
from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.results import collecting, pivots
from graftui.results.answered import Answered
from graftui.results.answers import Answers
from graftui.results.collecting import Request
from graftui.results.export import groups as of_groups
from graftui.results.export import pivots as of_pivots
from graftui.results.figures import counted
from graftui.results.group_charts import charts
from graftui.results.pivot_best import best
from graftui.results.trials import Trial
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show import cells
from graftui.show import groups as printing
from graftui.show.press.charts import figure
from graftui.terminal import Console


def groups(store: Store, request: Request, to: Target, plot: bool, console: Console) -> None:
    """A row a group. Raises UsageError where there is nothing to collect, or to draw."""
    if plot and to.format != "table":
        raise UsageError(
            "A plot goes to the screen, below the table, or to a figure.",
            "Leave out --format and --json, or say -o FILE.pdf.",
        )
    key = writing.key_of(to.format, to.raw)
    made = collecting.collected(store, request)
    if to.picture is not None:
        drawn = charts(made.groups, made.by, intervals=True)
        printing.refuse_nothing(drawn)
        writing.write_picture(partial(figure, drawn), to.picture, counted(len(drawn), "plot"))
        printing.show(made, console)
        return
    if to.format == "table":
        printing.show(made, console, plot)
        return
    writing.write(of_groups.FORMATS[key](made), to.output, counted(len(made.groups), "row"))
    for note in () if to.format == "json" else made.notes:  # JSON holds them
        say(note)


def pivot(
    store: Store,
    settings: Settings,
    request: Request,
    options: tuple[str, str, str],
    to: Target,
    plot: bool,
    console: Console,
) -> None:
    """A table of one score by rows and columns. Raises UsageError where there is none."""
    if plot:
        raise UsageError("A pivot is no plot.", "Draw the groups: compare --by KEY --plot.")
    key = writing.key_of(to.format, to.raw)
    made = pivots.pivot(store, pivots.Wanted(*options), request)
    if to.format == "table":
        answered = Answered(lambda run: directory(settings, run).path)

        def answers(trial: Trial) -> Answers | None:
            at = (str(trial.fields["stage"]), trial.fields["split"], trial.fields["sparsity"])
            return answered.at(store.get(trial.run), *at)

        cells.show(pivots.table(made, best(made, answers)), console)
        for problem in answered.problems:
            say(problem)
        return
    known = sum(entry.spread is not None for row in made.entries for entry in row)
    writing.write(of_pivots.FORMATS[key](made), to.output, counted(known, "value"))
