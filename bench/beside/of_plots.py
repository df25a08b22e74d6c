"""What a frame of five long curves costs a widget of Textual, and those of others.

python -m bench.beside.of_plots textual-plot
"""

import asyncio
import json
import math
import random
import sys
import time
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.widget import Widget

SIZE = (160, 48)
CURVES, POINTS = 5, 10_000
FRAMES = 8
_SETTLED_S = 0.8
"""All that new values bring about is drawn by then."""


def values(seed: int) -> list[list[float]]:
    """Of each curve, at the steps 0, 1, 2...: a loss that falls, with noise."""
    noise = random.Random(seed)
    return [
        [math.exp(-3 * x / POINTS) + 0.1 * noise.random() + 0.1 * n for x in range(POINTS)]
        for n in range(CURVES)
    ]


class OnePlot(App[None]):
    """A plot, as large as the terminal."""

    def __init__(self, plot: Widget) -> None:
        super().__init__()
        self.plot = plot

    def compose(self) -> ComposeResult:
        yield self.plot


async def frame_ms(plot: Widget, show: Callable[[int], None]) -> float:
    """CPU time of the thread that draws, from `show` with the number of a frame until all is drawn;
    the least of some. Frames that follow one another have other values.
    """
    app, took = OnePlot(plot), []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(_SETTLED_S)
        for frame in range(FRAMES):
            before = app.export_screenshot()
            began = time.thread_time()
            show(frame)
            await asyncio.sleep(_SETTLED_S)
            took.append(1000 * (time.thread_time() - began))
            assert app.export_screenshot() != before, "nothing was drawn"
    return min(took)


async def textual_plot_ms() -> float:
    """https://github.com/davidfokkema/textual-plot"""
    from textual_plot import HiResMode, PlotWidget

    plot, both, steps = PlotWidget(), (values(1), values(2)), list(range(POINTS))

    def show(frame: int) -> None:
        plot.clear()
        for curve in both[frame % 2]:
            plot.plot(steps, curve, hires_mode=HiResMode.BRAILLE)

    return await frame_ms(plot, show)


async def textual_plotext_ms() -> float:
    """https://github.com/Textualize/textual-plotext"""
    from textual_plotext import PlotextPlot

    plot, both, steps = PlotextPlot(), (values(1), values(2)), list(range(POINTS))

    def show(frame: int) -> None:
        plot.plt.clear_data()
        for curve in both[frame % 2]:
            plot.plt.plot(steps, curve, marker="braille")
        plot.refresh()

    return await frame_ms(plot, show)


if __name__ == "__main__":
    rival = {"textual-plot": textual_plot_ms, "textual-plotext": textual_plotext_ms}[sys.argv[1]]
    print(json.dumps({"result": [asyncio.run(rival())]}))
