"""A search as it is asked for, and written down. What it comes to is in searcher.py."""

from dataclasses import replace

from engine.contract.gpus import devices_elsewhere
from graftui.kinds import shown
from graftui.models import LOCAL
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps import making
from graftui.planning.sweeps.cells import to_be
from graftui.planning.sweeps.search.aim import Aim
from graftui.planning.sweeps.search.space import Search
from graftui.planning.sweeps.sweep import Sweep, alone, fresh_id, resolve, same, write
from graftui.registry.query.sql import figures
from graftui.registry.store import Store
from graftui.settings import Settings, queueing


def search_of(sweep: Sweep) -> Search:
    """Of a sweep that is a search."""
    assert sweep.search is not None  # callers have asked
    return sweep.search


def foretold_by(recipe: Recipe) -> tuple[str, ...]:
    """The curves that foretell the results of a recipe, by their kinds."""
    named = (name for part in recipe.results for name in shown(recipe.kinds[part]).foretold_by)
    return tuple(dict.fromkeys(named))


def aim_of(search: Search, settings: Settings) -> Aim:
    """What a search is after, of runs of this registry. Raises UsageError."""
    if not settings.db.exists():
        return Aim(search)
    with Store.open(settings.db) as store:
        return Aim(search, lambda: figures(store.db))


def check(sweep: Sweep, settings: Settings, on: str = LOCAL) -> None:
    """Raises UsageError where a search is after what is no figure, or where a corner of its space
    can be seen to fail, on the executor `on`.
    """
    search = search_of(sweep)
    aim_of(search, settings)
    with devices_elsewhere(queueing(on)):
        for end in search.ends:
            to_be(sweep, making.of_trial(sweep, end), settings)


def begun(sweep: Sweep, settings: Settings) -> Sweep:
    """A search written down, to be driven. One that was asked for before keeps its cells, and has
    as many trials as are asked for now.
    """
    with alone(settings):
        known = same(settings, sweep)
        if known.id:
            known = replace(known, cells=resolve(settings, known.id).cells)
        else:
            known = replace(known, id=fresh_id(settings))
        known = replace(known, search=replace(search_of(known), stopped=False))
        write(settings, known)
    return known


def stop(sweep: Sweep, settings: Settings) -> None:
    """Have whoever drives a search leave it: what is cancelled after this did not fail."""
    with alone(settings):
        now = resolve(settings, sweep.id)
        write(settings, replace(now, search=replace(search_of(now), stopped=True)))
