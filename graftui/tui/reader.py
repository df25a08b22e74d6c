"""The reader thread: answers what the open screen asks, again and again, and reads nothing else.

Owns when to look, and where from: the registry, or a view in memory where that cannot be written.
Writes nothing itself; `look` brings the registry up to date, as every start of graftui does.
"""

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graftui.errors import EnvironmentProblem, GraftuiError, explain
from graftui.models import Run
from graftui.registry.store import Store
from graftui.registry.view import excuse, view
from graftui.scheduler.look import look
from graftui.settings import Settings
from graftui.tui.feed import A, Feed, Question, Reading, Source

_SHARE = 4
"""Rests this many times as long as a look took: a huge registry must not keep a core busy."""


class Reader:
    """Answers questions until it is stopped."""

    def __init__(
        self,
        settings: Settings,
        advanced: Callable[[Question[Any]], None],
        trouble: Callable[[GraftuiError], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`advanced` hears of each question whose answer is new, in the reader's thread."""
        self._settings = settings
        self._advanced = advanced
        self._trouble = trouble
        self._clock = clock
        self._interval_s = 4 * settings.poll_s
        self._wake = threading.Event()
        self._stopped = False
        self._told = ""
        self._was_there = False
        """Whether there was a registry at the last look."""
        self._asked: tuple[Question[Any], ...] = ()
        self._readings: dict[Question[Any], Reading[Any]] = {}
        self._feeds: dict[type, Feed[Any]] = {}
        self._fresh_from = -math.inf
        """What was read before that is to be read again."""
        self._true_at = self._true_until = -math.inf
        """When the registry was made true, and until when that will do."""
        self._view: Store | None = None
        self.active: tuple[Run, ...] = ()
        """Runs that still have something to do."""

    def ask(self, *questions: Question[Any]) -> None:
        """Look at once, and answer these from now on; what was asked before is asked no more."""
        self._asked = questions
        self._wake.set()

    def answer(self, question: Question[A]) -> A | None:
        """The newest answer; None: there is none yet, or it is asked no more."""
        reading = self._readings.get(question)
        return None if reading is None else reading.snapshot

    def answered(self, question: Question[Any]) -> bool:
        """Whether there is an answer, which may be that there is nothing."""
        return question in self._readings

    def refresh(self) -> None:
        """Look at once, and answer all that is asked anew."""
        self._fresh_from = time.monotonic()
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
                self.look()
                if self._view is None:
                    self._told = ""
            except (sqlite3.Error, OSError, GraftuiError) as exc:
                self._complain(explain(exc, self._settings.db) or GraftuiError(str(exc)))
            self._wake.wait(max(self._interval_s, _SHARE * (time.monotonic() - began)))
        self._drop_view()

    def look(self) -> None:
        """Answer what is asked and has no answer yet, or an old one."""
        asked = self._asked
        self._feeds = {type(q): self._feeds.get(type(q)) or q.feed() for q in asked}
        with self._store() as store:
            for question in asked:
                reading = self._readings.get(question)
                if reading is None or reading.read_at < self._oldest():
                    self._answer(store, question)
        self._readings = {q: self._readings[q] for q in asked if q in self._readings}

    def _oldest(self) -> float:
        """When an answer was read that still will do."""
        return max(self._fresh_from, time.monotonic() - self._interval_s)

    def _answer(self, store: Store, question: Question[Any]) -> None:
        source = Source(
            self._settings, store, self._clock(), self.active, view_only=store is self._view
        )
        began = time.monotonic()
        snapshot = self._feeds[type(question)].read(source, question)
        self._readings = {**self._readings, question: Reading(snapshot, began)}
        self._advanced(question)

    @contextmanager
    def _store(self) -> Iterator[Store]:
        """What to read: the registry, made true now and then, or a view in memory."""
        began = time.monotonic()
        if began >= self._true_until or self._true_at < self._fresh_from:
            self._make_true()
            took = time.monotonic() - began
            self._true_at, self._true_until = began, began + max(self._interval_s, _SHARE * took)
        if self._view is not None:
            yield self._view
            return
        with Store.open(self._settings.db) as store:
            yield store

    def _tell_lost(self) -> None:
        """Say that the registry was deleted since the last look; it is made again at once."""
        there = self._settings.db.exists()
        if self._was_there and not there:
            text = (
                f"{self._settings.db.name} was deleted: it is made again from the run directories."
            )
            hint = "Runs, tags, notes and sweeps come from files; nothing is to be done."
            self._complain(EnvironmentProblem(text, hint))
        self._was_there = there

    def _make_true(self) -> None:
        self._tell_lost()
        try:
            with Store.open(self._settings.db) as store:
                look(self._settings, store)
                self.active = tuple(store.active())
            self._was_there = True
            self._drop_view()
        except (sqlite3.Error, OSError, GraftuiError) as exc:
            why = excuse(exc, self._settings.db)
            if why is None:
                raise
            self._drop_view()
            self._complain(why)
            self._view, _ = view(self._settings)
            self.active = tuple(self._view.active())

    def _drop_view(self) -> None:
        if self._view is not None:
            self._view.close()
            self._view = None

    def _complain(self, error: GraftuiError) -> None:
        """Once, not at every look."""
        if error.message != self._told:
            self._told = error.message
            self._trouble(error)
