"""The dashboard's curves beside other widgets that draw them in Textual: five of 10,000 points.

    python -m bench plots       # not part of `make bench`: it installs them

Each has the same values, the same terminal of 160 x 48 and dots of braille, and is timed by the
same lines (bench/beside/of_plots.py), one after the other. A figure is theirs / ours, of processor
time of the thread that draws: above 1, ours is ahead. What is not quite the same: ours has read
the values into its series before.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator

from bench.beside.of_plots import CURVES, POINTS, frame_ms, values
from bench.measure import Result
from bench.rivals import ROOT, installed
from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run
from graftui.results.curve_view import View
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail

VENV = ROOT / ".venv-plots"
WANTED = ("textual-plot==0.10.1", "textual-plotext==1.0.1", "textual==8.2.8")
RIVALS = ("textual-plot", "textual-plotext")


def run() -> Iterator[Result]:
    installed(VENV, WANTED)
    ours = asyncio.run(_ours_ms())
    yield Result(f"{CURVES} curves x {POINTS:,} points, a frame: ours, CPU", ours, "ms")
    for rival in RIVALS:
        theirs = _theirs_ms(rival)
        yield Result(f"a frame: {rival} / ours, CPU", theirs / ours, "x", least=3)


async def _ours_ms() -> float:
    run = Run(id="r", name="r", kind="", config={}, config_hash="", created_at=0.0)
    details = [_detail(run, values(seed)) for seed in (1, 2)]
    plot = Curves("curves", View())
    return await frame_ms(plot, lambda frame: plot.show(details[frame % 2]))


def _detail(run: Run, curves: list[list[float]]) -> Detail:
    steps = tuple(range(POINTS))
    series = [Series(CurveKey(f"c{n}/loss"), steps, tuple(each)) for n, each in enumerate(curves)]
    extents = tuple(CurveExtent(each.key, 0, POINTS - 1) for each in series)
    return Detail(run, 0.0, curves=extents, series=tuple(series))


def _theirs_ms(rival: str) -> float:
    done = subprocess.run(
        [VENV / "bin" / "python", "-m", "bench.beside.of_plots", rival],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(json.loads(done.stdout.splitlines()[-1])["result"][0])
