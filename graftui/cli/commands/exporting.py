"""What `export` writes, and `show --curves` as data: results of runs, or each point of their
curves.
"""

from collections.abc import Sequence
from pathlib import Path

from graftui.cli import writing
from graftui.cli.commands.choosing import NOBODY, chosen, query_of
from graftui.cli.common import say, store_to_read
from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results.export import curves as points
from graftui.results.export import runs as results
from graftui.results.figures import counted
from graftui.results.inherited import with_sources
from graftui.settings import Settings


def runs_of(
    settings: Settings, store: Store, refs: Sequence[str], filters: Sequence[str]
) -> list[Run]:
    """As `chosen`, or all runs that lists have where neither is given. Says where there is none."""
    if refs or filters:
        runs = chosen(settings, store, refs, filters)
    else:
        runs = list(store.list(where=unarchived(query_of(settings, filters)), sort="created"))
    if not runs:
        say(NOBODY)
    return runs


def scores(store: Store, runs: Sequence[Run], key: str, output: Path | None) -> None:
    """Settings, of a graft those of its fine-tuning too, and scores: a row a run or a sparsity."""
    known = store.scores([run.id for run in runs])
    text = results.FORMATS[key](with_sources(runs, store.find), known)
    writing.write(text, output, counted(len(runs)))


def curves(store: Store, runs: Sequence[Run], key: str, output: Path | None) -> None:
    """Each point of each curve."""
    measured = {run.id: store.series(run.id) for run in runs}
    text = points.FORMATS[key](runs, measured)
    count = sum(len(each.steps) for several in measured.values() for each in several)
    writing.write(text, output, f"{counted(count, 'point')} of {counted(len(runs))}")


def history(settings: Settings, ref: str, output: Path | None, as_measured: bool) -> None:
    """Each point of the curves of one run, as the file's ending says, or JSON. Raises UsageError
    where it is not wanted as it was measured.
    """
    if not as_measured:
        raise UsageError(
            "--x, --smooth and --log say how to draw curves; as data they are what was measured.",
            "Leave them out.",
        )
    writing.check_place(output, settings)
    with store_to_read(settings) as store:
        curves(store, [store.resolve(ref)], writing.format_of(output, None, "json"), output)
