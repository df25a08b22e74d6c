"""The work that takes time: each job blocks, and returns the message that says what came of it.

Started by background.py. The imports within are those that need pydantic, which the first paint
does not wait for.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from graftui.models import Run
from graftui.registry.lineage import dependants
from graftui.registry.query import listed
from graftui.registry.query.grammar import parse
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.tui import messages
from graftui.tui.runs.feed import RunsPage


def list_recipes(settings: Settings) -> messages.RecipesListed:
    """What there is to run."""
    from graftui.errors import UsageError
    from graftui.planning import library

    news, texts = library.moved_out(settings), {}
    recipes = [recipe for recipe in library.available(settings) if not recipe.hidden]
    for recipe in recipes:
        with suppress(UsageError, OSError):  # the list says what is wrong with it
            texts[recipe.path] = library.text_of(recipe.path, settings)
    return messages.RecipesListed(recipes, texts, news)


def list_columns(settings: Settings) -> messages.ColumnsListed:
    """What columns there are."""
    from graftui.results.chosen_columns import choices

    with Store.open(settings.db) as store:
        return messages.ColumnsListed(choices(store.db))


def matching(settings: Settings, text: str) -> messages.Matched:
    """All runs that meet a filter. Raises UsageError."""
    with Store.open(settings.db) as store:
        ids = listed.values(store.db, (), unarchived(parse(text)))
    return messages.Matched(text, [str(id) for (id,) in ids])


def group_keys(settings: Settings, text: str) -> messages.GroupKeys:
    """What a line of keys means. Raises UsageError for an unknown one."""
    from graftui.results.run_groups import by_text, checked

    with Store.open(settings.db) as store:
        return messages.GroupKeys(checked(store.db, by_text(text)))


def read(settings: Settings, ids: Sequence[str]) -> messages.RunsRead:
    """Runs as they are now; those that are gone are left out."""
    with Store.open(settings.db) as store:
        return messages.RunsRead([run for run in map(store.find, ids) if run is not None])


def stop(settings: Settings, ids: Sequence[str], reached: Callable[[int], object]) -> messages.Told:
    """Cancel runs; returns when they have ended. What has ended by itself keeps none from it."""
    from graftui.errors import UsageError
    from graftui.scheduler import cancel

    ended, refused = [], []
    for number, id in enumerate(ids):
        reached(number)
        try:
            ended.append(cancel.cancel(settings, id))
        except UsageError as exc:
            refused.append(exc)
    if not ended:
        raise refused[0]
    told = [f"{ended[0].id} is {ended[0].status}."] if len(ids) == 1 else []
    told = told or [f"Cancelled {counted(len(ended))}.", *(exc.message for exc in refused[:3])]
    return messages.Told(" ".join(told))


def release(settings: Settings, runs: Sequence[Run]) -> messages.Told:
    """Queue held runs, and see to it that they start."""
    from graftui.scheduler import look
    from graftui.scheduler.queue.arrange import release

    release(settings, list(runs))
    look.set_going(settings)
    if len(runs) == 1:
        return messages.Told(f"Queued {runs[0].kind} {runs[0].id}.")
    return messages.Told(f"Queued {counted(len(runs))}.")


def condemn(settings: Settings, ids: Sequence[str]) -> messages.Condemned:
    """What goes if these runs are deleted, and which others lack it then."""
    with Store.open(settings.db) as store:
        runs = [run for run in map(store.find, ids) if run is not None]
        others = [store.get(id) for id in dependants(store.db, [run.id for run in runs])]
    return messages.Condemned(runs, others)


def export(settings: Settings, ids: Sequence[str], question: RunsPage) -> messages.Told:
    """Write `ids`, or all that meet the filter if there are none, to a new CSV file."""
    from graftui.results.export.runs import to_csv
    from graftui.results.inherited import with_sources

    with Store.open(settings.db) as store:
        if ids:
            runs = [run for run in map(store.find, ids) if run is not None]
        else:
            where = unarchived(parse(question.text))
            runs = store.list(where=where, sort=question.sort)
        scores = store.scores([run.id for run in runs])
        text = to_csv(with_sources(runs, store.find), scores)
    path = _written(settings.root / "runs.csv", text)
    return messages.Told(f"Wrote {counted(len(runs))} to {path}.")


def picture(settings: Settings, svg: str) -> messages.Told:
    """Write a picture of the screen to a new file."""
    return messages.Told(f"Wrote {_written(settings.root / 'graftui.svg', svg)}.")


def _written(wanted: Path, text: str) -> Path:
    """A new file with `text`, as a whole or not at all: nothing is ever overwritten."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
