"""What the dashboard costs, measured: called by bench/ and by hand.

    python tests/tui/paint.py [RUNS]     first paint with so many runs; a refresh of the curves

`first_paint_s(settings)` opens the dashboard on a registry and stops the clock when the first
frame with runs in it has been painted; `curves_s()` draws 5 curves x 10,000 points at 160x48.
"""

import asyncio
import dataclasses
import math
import random
import sys
import tempfile
import time
from pathlib import Path

from textual.app import App, ComposeResult
from world import many, place

from graftui.models import Series
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.widgets.plot import Curve, Plot
from graftui.tui.widgets.run_table import RunTable

SIZE = (160, 48)


def big(root: Path, runs: int = 10_000) -> Settings:
    """A registry with many runs, looked at as often as usual."""
    settings = dataclasses.replace(place(root), poll_s=0.25)
    many(settings, runs)
    return settings


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


def curves_s(points: int = 10_000, repeats: int = 20) -> float:
    """Seconds a refresh: the best of a few, from new values to a painted frame."""
    return asyncio.run(_curves(points, repeats))


def _series(points: int, seed: int) -> tuple[Curve, ...]:
    noise = random.Random(seed)
    steps = tuple(range(points))
    return tuple(
        Curve(f"c{n}", Series(f"c{n}", steps, tuple(
            math.exp(-3 * x / points) + 0.1 * noise.random() + 0.1 * n for x in steps)))
        for n in range(5)
    )  # fmt: skip


class _OnePlot(App[None]):
    def compose(self) -> ComposeResult:
        yield Plot("loss", ())


async def _curves(points: int, repeats: int) -> float:
    both = [_series(points, seed) for seed in (1, 2)]
    app = _OnePlot()
    best = math.inf
    async with app.run_test(size=SIZE) as pilot:
        plot = app.query_one(Plot)
        for turn in range(repeats):
            await pilot.pause()
            began = time.perf_counter()
            plot.show(both[turn % 2])
            frame = [plot.render_line(y) for y in range(SIZE[1])]
            best = min(best, time.perf_counter() - began)
            assert len(frame) == SIZE[1]
    return best


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = big(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        print(f"first paint: {1000 * min(first_paint_s(made) for _ in range(3)):.0f} ms")
    print(f"5 curves x 10,000 points: {1000 * curves_s():.1f} ms a refresh")
