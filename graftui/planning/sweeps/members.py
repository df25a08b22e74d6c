"""`sweep = ID` in a query: the runs of the sweep's cells, and those that these are made from.

Owns what that means: config hashes. A sweep is a file of the data folder, so that what a query asks
of the registry is put into other words before it is asked.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graftui.models import Run
from graftui.registry.query.pointing import bad_query
from graftui.registry.query.tree import And, Condition, Not, Or, Query
from graftui.settings import Settings

if TYPE_CHECKING:  # imports pydantic: only for those who ask for a sweep
    from graftui.planning.sweeps.sweep import Sweep

KEY = "sweep"


def by_identity(query: Query, settings: Settings) -> Query:
    """`query` in the registry's words. Raises UsageError for a sweep that there is not."""
    if isinstance(query, And):
        return And(tuple(by_identity(part, settings) for part in query.parts))
    if isinstance(query, Or):
        return Or(tuple(by_identity(part, settings) for part in query.parts))
    if isinstance(query, Not):
        return Not(by_identity(query.part, settings))
    if not isinstance(query, Condition) or query.key != KEY:
        return query
    if query.op not in ("=", "!="):
        raise bad_query(
            f"sweep {query.op} {query.values[0]}: a run is in a sweep or it is not.",
            "Write sweep=ID, sweep!=ID or sweep in (ID, ID).",
            query.key_span,
        )
    return Condition("hash", query.op, tuple(sorted(_identities(query.values, settings))))


def _identities(refs: Sequence[str], settings: Settings) -> set[str]:
    # Imports pydantic: only for those who ask for a sweep.
    from graftui.planning.sweeps.sweep import identities, resolve

    return identities([cell for ref in refs for cell in resolve(settings, ref).cells])


def runs_of(settings: Settings, sweep: "Sweep") -> list[Run]:
    """All runs of its cells, and those that these are made from, oldest first."""
    from graftui.planning.reuse import alike
    from graftui.planning.sweeps.sweep import identities

    runs = alike(settings, identities(sweep.cells)).values()
    return sorted((run for same in runs for run in same), key=lambda run: run.created_at)
