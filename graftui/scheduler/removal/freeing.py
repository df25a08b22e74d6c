"""How large files of runs are freed: each taken away in one step, when nobody needs it any more.

Which are to go is in planning/keeping.py; that a run has begun to need them since is seen here.
"""

from collections.abc import Sequence
from pathlib import Path

from graftui.registry.lineage import needed, uses
from graftui.registry.store import Store
from graftui.scheduler.removal.leftovers import clear, hidden
from graftui.settings import Settings


def free(settings: Settings, store: Store, id: str, paths: Sequence[Path]) -> bool:
    """Delete `paths` of the run's folder; False, and nothing is gone, if a run that is not finished
    is made from it by now. Raises OSError.
    """
    gone = [hidden(settings.runs / f"{id}-{path.name}") for path in paths]
    with store.write() as db:  # which keeps everybody from queueing one meanwhile
        if needed(uses(db), id):
            return False
        for path, aside in zip(paths, gone, strict=True):
            path.rename(aside)
    for aside in gone:
        clear(aside)
    return True
