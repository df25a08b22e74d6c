"""Curves over the size of a graft: which points there are, and where they are drawn."""

import io
import math
import re
import statistics
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.measured import Score
from graftui.models import Run, RunStatus
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.group_charts import charts
from graftui.results.over_seeds import collect
from graftui.results.trials import Choice, Entry, Trial, trials
from graftui.show import charts as printing
from graftui.terminal import Console

SPARSITIES = (1e-4, 1e-3, 1e-2)
STAGES = ("base_patch", "learnt_graft", "knocked_out", "knocked_out_random")


def of_seed(seed: int, localizer: str, task: str = "T") -> Entry:
    """A graft's run: a curve of every stage, and both whole models. Learnt ones have drifted."""
    told = [Score("pretrained", "test", {}, {"accuracy": 0.5})]
    told += [Score("finetuned", on, {}, {"accuracy": 0.8}) for on in ("dev", "test")]
    stages = STAGES if localizer == "learnt" else ("base_patch", *STAGES[2:])
    for place, stage in enumerate(stages):
        for at in SPARSITIES:
            size = 2 * at if localizer == "learnt" and stage != "base_patch" else at
            right = 0.5 + 0.1 * place + 10 * at + seed / 1000
            told.append(
                Score(stage, "test", {"sparsity": at}, {"accuracy": right, "fraction": size})
            )
            if not stage.startswith("knocked"):
                told.append(Score(stage, "dev", {"sparsity": at}, {"accuracy": right}))
    id = f"{task}{localizer}{seed}"
    config = {"kind": "graft", "task": {"name": task, "data_seed": seed}, "localizer": localizer,
              "base_patch": "movement", "finetuned": {"path": f"/tuned/{seed}"}}  # fmt: skip
    return Entry(
        Run(id=id, name=id, kind="graft", config=config, config_hash=id, created_at=0.0,
            status=RunStatus.finished), told,
    )  # fmt: skip


def found(*entries: Entry) -> list[Trial]:
    made, left_out = trials(entries, Choice())
    assert not left_out
    return made


def test_each_localizer_is_a_curve_with_and_without_its_graft() -> None:
    seeds = (13, 21)
    made = found(*(of_seed(s, one) for s in seeds for one in ("movement", "learnt")))
    with_it, without = charts(collect(made, ["graft.localizer"]), ["graft.localizer"])
    assert {curve.label for curve in with_it.curves} == {"movement", "learnt"}
    assert {c.label for c in without.curves} == {"movement", "learnt", "without random"}
    assert with_it.levels == (("pretrained", 0.5), ("fine-tuned", 0.8))
    mean_seed = statistics.fmean(seeds) / 1000
    drawn = {curve.label: curve.points for curve in with_it.curves}
    for label, size, base in (("movement", 1, 0.5), ("learnt", 2, 0.6)):
        for (x, y), at in zip(drawn[label], SPARSITIES, strict=True):
            assert x == pytest.approx(size * at)
            assert y == pytest.approx(base + 10 * at + mean_seed)


def test_stages_that_share_a_key_stay_apart_and_so_do_tasks() -> None:
    made = found(of_seed(13, "learnt"), of_seed(13, "learnt", "U"))
    drawn = charts(collect(made, ["task.k"]), ["task.k"])
    assert [chart.title[0] for chart in drawn] == ["T", "T", "U", "U"]
    assert {c.label for c in drawn[0].curves} == {"base patch", "learnt graft"}
    assert all(len(c.points) == len(SPARSITIES) for chart in drawn for c in chart.curves)
    assert charts(collect([t for t in made if t.fields["sparsity"] is None], []), []) == ()


MARKS = "●■▲◆○□"
values = st.floats(0.01, 0.99)
points = st.lists(
    st.tuples(st.floats(-6, 0), values), min_size=1, max_size=6, unique_by=lambda p: round(p[0], 1)
).map(lambda found: tuple(sorted((10**x, y) for x, y in found)))


def curve(label: str, points: Sequence[tuple[float, float]]) -> Curve:
    return Curve(label, *zip(*points, strict=True))


def over_shares(*curves: Curve, levels: tuple[tuple[str, float], ...] = ()) -> Chart:
    score = Axis(score="accuracy")
    return Chart("title", curves, Axis(log=True), score, levels, marked=True)


def drawn(chart: Chart, width: int) -> list[str]:
    """The lines on the screen."""
    console = Console(width=width, file=io.StringIO(), record=True)
    printing.show([chart], console)
    return console.export_text().rstrip("\n").split("\n")


@given(st.lists(points, min_size=1, max_size=6), st.integers(40, 120))
def test_every_point_has_its_mark_where_the_axes_say(found: list[Any], width: int) -> None:
    labels = [f"curve {n}" for n in range(len(found))]
    lines = drawn(over_shares(*map(curve, labels, found), levels=(("pretrained", 0.5),)), width)
    assert all(len(line.rstrip()) <= width for line in lines)
    text = "\n".join(lines)
    assert all(f"{mark} {label}" in text for mark, label in zip(MARKS, labels, strict=False))
    xs = [math.log10(x) for one in found for x, _ in one]
    ys = [0.5, *(y for one in found for _, y in one)]
    for owner, one in enumerate(found):
        for x, y in one:
            row, column = (
                13 * share(-y, [-y for y in ys]),
                (min(width, 100) - 8) * share(math.log10(x), xs),
            )
            near = {
                char
                for r, line in enumerate(lines[1:15])
                for c, char in enumerate(line[7:])
                if abs(r - row) <= 1.6 and abs(c - column) <= 1 + 0.03 * width
            }
            assert near & set(MARKS[: owner + 1])  # or that of a curve in front of it


def share(value: float, among: list[float]) -> float:
    """How far it is from the least to the greatest; half where they are one."""
    low, high = min(among), max(among)
    return (value - low) / (high - low) if high > low else 0.5


def test_the_axes_name_values_and_decades() -> None:
    line = tuple((10.0**n, 0.6 + 0.05 * n) for n in range(-5, 0))
    lines = drawn(over_shares(curve("a", line)), 80)
    assert lines[16].split() == ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"]
    heights = [float(row.split("┤")[0]) for row in lines[1:15] if "┤" in row]
    assert heights == sorted(heights, reverse=True)
    assert min(heights) >= 33
    assert max(heights) <= 57
    marks = [(c, r) for r, row in enumerate(lines[1:15]) for c, ch in enumerate(row) if ch == "●"]
    columns, rows = zip(*sorted(marks), strict=True)
    assert len(marks) == 5
    assert list(rows) == sorted(rows, reverse=True)  # a straight line, upwards
    steps = [b - a for a, b in zip(columns, columns[1:], strict=False)]
    assert max(steps) - min(steps) <= 1


def test_in_colour_each_curve_has_one() -> None:
    both = tuple(curve(n, ((1e-3, y), (1e-1, y + 0.1))) for n, y in (("a", 0.2), ("b", 0.7)))
    console = Console(width=80, force_terminal=True, color_system="standard")
    with console.capture() as capture:
        printing.show([over_shares(*both)], console)
    assert re.findall(r"\x1b\[1;(\d+)m([●■])", capture.get())[::2] == [("35", "■"), ("36", "●")]
