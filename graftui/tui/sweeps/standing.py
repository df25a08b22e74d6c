"""Where the cells of sweeps stand, asked again only when something may have changed.

Owns what counts as a change: another file of the sweep, or anything written to the registry. What
neither tells, a folder or a data file that is gone, is seen some seconds later.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from graftui.planning.sweeps.states import Standing, standings
from graftui.planning.sweeps.sweep import Sweep
from graftui.tui.feed import Source

Cells = Sequence[tuple[Standing, ...]]
_KEPT_S = 5.0


class Standings:
    """Of the sweeps that a feed has been asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Sweep, tuple[int, ...], float, Cells]] = {}

    def of(self, source: Source, sweep: Sweep) -> Cells:
        """The results of each cell. Raises UsageError."""
        version, now = _version(source.settings.db), time.monotonic()
        kept = self._kept.get(sweep.id)
        if kept and kept[0] is sweep and kept[1] == version and now - kept[2] < _KEPT_S:
            return kept[3]
        cells = standings(sweep, source.settings, store=source.store)
        self._kept[sweep.id] = sweep, version, now, cells
        return cells


def _version(db: Path) -> tuple[int, ...]:
    """Of the registry: each commit writes to its log."""
    numbers: list[int] = []
    for path in (db, db.with_name(f"{db.name}-wal")):
        try:
            seen = path.stat()
        except OSError:
            continue
        numbers += [seen.st_ino, seen.st_mtime_ns, seen.st_size]
    return tuple(numbers)
