"""The dashboard: first paint and keys with 10,000 runs, and a refresh of five long curves."""

import asyncio
import math
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from textual.app import App, ComposeResult
from textual.events import Key

from bench.cli import RUNS, fill
from bench.measure import Result
from graftui import settings as knobs
from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run
from graftui.results.curve_view import View
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail
from graftui.tui.runs.table import RunTable

SIZE = (160, 48)
KEYS = ("down", "space", "pagedown")
_SETTLED_S = 0.4
"""All that a key brings about is drawn by then."""


def first_paint_s(settings: Settings) -> float:
    """Seconds from making the app to the first frame that shows runs."""
    return asyncio.run(_first_paint(settings))


async def _first_paint(settings: Settings) -> float:
    began = time.perf_counter()
    app = GraftuiApp(settings)
    async with app.run_test(size=SIZE):
        while not any(table.row_count for table in app.screen.query(RunTable)):
            await asyncio.sleep(0.002)
        painted = asyncio.Event()
        app.screen.query_one(RunTable).call_after_refresh(painted.set)
        await painted.wait()
        return time.perf_counter() - began


def key_ms(settings: Settings, key: str, repeats: int = 20) -> float:
    """CPU time of the thread that draws, from a key to what it brings about; the median.

    Not by the pilot, which asks every widget whether it is done, and takes as long as the key.
    """
    return asyncio.run(_key(settings, key, repeats))


async def _key(settings: Settings, key: str, repeats: int) -> float:
    app, took = GraftuiApp(settings), []
    async with app.run_test(size=SIZE) as pilot:
        while not any(table.row_count for table in app.screen.query(RunTable)):
            await asyncio.sleep(0.002)
        await pilot.pause(1)
        for _ in range(repeats):
            began = time.thread_time()
            app.post_message(Key(key, None))
            await asyncio.sleep(_SETTLED_S)
            took.append(time.thread_time() - began)
    return 1000 * statistics.median(took)


def curves_s(points: int = 10_000, repeats: int = 20) -> float:
    """Seconds a refresh: the best of a few, from new values to a painted frame."""
    return asyncio.run(_curves(points, repeats))


def _series(points: int, seed: int) -> tuple[Series, ...]:
    noise = random.Random(seed)
    steps = tuple(range(points))
    return tuple(
        Series(CurveKey(f"c{n}/loss"), steps, tuple(
            math.exp(-3 * x / points) + 0.1 * noise.random() + 0.1 * n for x in steps))
        for n in range(5)
    )  # fmt: skip


class _OnePlot(App[None]):
    def compose(self) -> ComposeResult:
        yield Curves("curves", View())


async def _curves(points: int, repeats: int) -> float:
    both = [_series(points, seed) for seed in (1, 2)]
    app = _OnePlot()
    best = math.inf
    async with app.run_test(size=SIZE) as pilot:
        plot = app.query_one(Curves)
        extents = tuple(CurveExtent(series.key, 0, points - 1) for series in both[0])
        run = Run(id="r", name="r", kind="", config={}, config_hash="", created_at=0.0)
        details = [Detail(run, 0.0, curves=extents, series=each) for each in both]
        for turn in range(repeats):
            await pilot.pause()
            began = time.perf_counter()
            plot.show(details[turn % 2])
            frame = [plot.render_line(y) for y in range(SIZE[1])]
            best = min(best, time.perf_counter() - began)
            assert len(frame) == SIZE[1]
    return best


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        settings = knobs.at(folder)
        paint = min(first_paint_s(settings) for _ in range(3))
        keys = {key: key_ms(settings, key) for key in KEYS}
    yield Result(f"dashboard, first paint with {RUNS:,} runs", 1000 * paint, "ms", 700)
    for key, took in keys.items():
        yield Result(f"dashboard, {key} among {RUNS:,} runs, CPU", took, "ms", 50)
    yield Result("dashboard, 5 curves x 10,000 points", 1000 * curves_s(), "ms", 60)
