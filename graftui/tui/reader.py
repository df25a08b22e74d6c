"""The background reader: looks at the registry again and again and hands on what it saw.

Runs in a thread of its own. Owns when to look, and what need not be read again. Writes nothing
itself; `reconcile` brings the registry up to date, as every start of graftui does.
"""

import math
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from graftui.errors import GraftuiError, UsageError, explain
from graftui.models import Run, RunStatus, Series
from graftui.registry.query.grammar import parse
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.scheduler.condition import observed
from graftui.scheduler.look import look
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.tui.run.log import LogTail
from graftui.tui.snapshot import PAGE, Detail, Query, Snapshot

_OF_DETAIL: Any = {"selected": "", "tab": "", "curves": ()}
"""Parts of a query that ask for nothing but the details."""
_SHARE = 4
"""Rests this many times as long as a look took: a huge registry must not keep a core busy."""


@dataclass(frozen=True, slots=True)
class _Curves:
    """What was read last."""

    key: tuple[object, ...] = ()
    names: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()


class Reader:
    """Takes snapshots until it is stopped."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[Snapshot], None],
        trouble: Callable[[GraftuiError], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._trouble = trouble
        self._clock = clock
        self._interval_s = 4 * settings.poll_s
        self._query = Query()
        self._wake = threading.Event()
        self._stopped = False
        self._told = ""
        self._reconciled_at = self._read_at = -math.inf
        self._last = Snapshot(self._query, 0.0)
        self._curves = _Curves()
        self._log: LogTail | None = None

    def ask(self, query: Query) -> None:
        """Look at once, with `query` from now on."""
        self._query = query
        self._wake.set()

    def stop(self) -> None:
        """Come to an end soon."""
        self._stopped = True
        self._wake.set()

    def run(self) -> None:
        """The body of the thread."""
        while not self._stopped:
            self._wake.clear()
            began = time.monotonic()
            try:
                self._tell(self.look())
                self._told = ""
            except (sqlite3.Error, OSError, GraftuiError) as exc:
                self._complain(explain(exc, self._settings.db) or GraftuiError(str(exc)))
            took = time.monotonic() - began
            self._wake.wait(max(self._interval_s, _SHARE * took))

    def _complain(self, error: GraftuiError) -> None:
        """Once, not at every look."""
        if error.message != self._told:
            self._told = error.message
            self._trouble(error)

    def look(self) -> Snapshot:
        """The registry as it is now."""
        query = self._query
        with Store.open(self._settings.db) as store:
            if time.monotonic() - self._reconciled_at >= self._interval_s:
                look(self._settings, store)
                self._reconciled_at = time.monotonic()
            self._last = self._filled(store, query)
        return self._last

    def _filled(self, store: Store, query: Query) -> Snapshot:
        before = self._last.query
        same_page = replace(query, **_OF_DETAIL) == replace(before, **_OF_DETAIL)
        if same_page and time.monotonic() - self._read_at < self._interval_s:
            detail = self._detail(store, query, self._last.runs)
            return replace(self._last, query=query, detail=detail)
        self._read_at = time.monotonic()
        return self._page(store, query)

    def _page(self, store: Store, query: Query) -> Snapshot:
        active = store.active()
        counts = {status: sum(run.status is status for run in active) for status in RunStatus}
        for status in (RunStatus.held, RunStatus.failed, RunStatus.lost):
            counts[status] = store.count(Condition("status", "=", (status,)))
        seen = replace(
            self._last, query=query, now=self._clock(), every=store.count(), counts=counts,
            active=tuple(run.id for run in active), problem=None,
        )  # fmt: skip
        try:
            where = parse(query.text)
            runs = store.list(where=where, sort=query.sort, limit=PAGE, offset=query.page * PAGE)
            shown = tuple(observed(self._settings, runs, seen.now))
            seen = replace(seen, runs=shown, total=store.count(where))
        except UsageError as exc:
            seen = replace(seen, problem=exc)
        return replace(seen, detail=self._detail(store, query, seen.runs))

    def _detail(self, store: Store, query: Query, runs: tuple[Run, ...]) -> Detail | None:
        id = query.selected or (runs[0].id if runs else "")
        run = store.find(id)
        if run is None:
            return None
        (run,) = observed(self._settings, [run], self._clock())
        seen = Detail(run, tuple(store.scores([id])[id]), tuple(store.artifacts(id)))
        if query.tab == "curves":
            curves = self._read_curves(store, run, query.curves)
            return replace(seen, curves=curves.names, series=curves.series)
        return replace(seen, log=self._tail(run).lines()) if query.tab == "log" else seen

    def _read_curves(self, store: Store, run: Run, names: tuple[str, ...]) -> "_Curves":
        """Read anew only if others are in view, or the run has been heard of since."""
        key = (run.id, run.heard_at, run.status, names)
        if self._curves.key != key:
            series = tuple(store.series(run.id, names)) if names else ()
            self._curves = _Curves(key, tuple(store.series_names(run.id)), series)
        return self._curves

    def _tail(self, run: Run) -> LogTail:
        place = directory(self._settings, run)
        if self._log is None or self._log.place != place:
            self._log = LogTail(place)
        return self._log
