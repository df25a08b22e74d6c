"""What the Tab key offers beside verbs and options: runs, recipes, sweeps and settings.

A shell asks in the middle of a line, so nothing is said of what is wrong: then there is no offer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_NEWEST = 100
"""Runs that are offered: more would fill the screen, and are not typed by name."""


def runs(incomplete: str) -> list[tuple[str, str]]:
    """Ids and names of the newest runs, each with what it is."""
    from graftui.registry.store import Store
    from graftui.settings import load

    offers: dict[str, str] = {"last": "the newest run"}
    with _quietly():
        settings = load()
        if settings.db.exists():
            with Store.open(settings.db) as store:
                newest = store.list(limit=_NEWEST)
            for run in newest:
                about = f"{run.kind}, {run.status}"
                offers |= {run.id: f"{run.name}, {about}", run.name: about}
    return [(offer, help) for offer, help in offers.items() if offer.startswith(incomplete)]


def recipes(incomplete: str) -> list[tuple[str, str]]:
    """Recipes by name, each with its title."""
    from graftui.planning.library import available
    from graftui.settings import load

    with _quietly():
        known = available(load())
        return [
            (recipe.name, recipe.title) for recipe in known if recipe.name.startswith(incomplete)
        ]
    return []


def sweeps(incomplete: str) -> list[tuple[str, str]]:
    """Ids of the sweeps, each with its name."""
    from graftui.planning.sweeps.sweep import listed
    from graftui.settings import load

    offers = {"last": "the newest sweep"}
    with _quietly():
        offers |= {sweep.id: sweep.name for sweep in listed(load())[0]}
    return [(offer, help) for offer, help in offers.items() if offer.startswith(incomplete)]


def paper_items(incomplete: str) -> list[tuple[str, str]]:
    """Tables of the paper by name, each with its title."""
    from graftui.planning.paper import items

    return [(name, item.title) for name, item in items().items() if name.startswith(incomplete)]


def settings(incomplete: str) -> list[tuple[str, str]]:
    """Settings as `--set` takes them, up to the equals sign."""
    from engine.contract.kinds import kinds
    from engine.contract.schema import settings as of

    known = {f"{setting.path}=": setting.help for kind in kinds() for setting in of(kind)}
    return [(path, help) for path, help in known.items() if path.startswith(incomplete)]


@contextmanager
def _quietly() -> Iterator[None]:
    import sqlite3  # here: a page of help has no time for it

    from graftui.errors import GraftuiError

    try:
        yield
    except (GraftuiError, sqlite3.Error, OSError):
        pass
