"""Calibration against its formulas, row by row, and against torchmetrics."""

import gzip
import json
import math
import random
from pathlib import Path

import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from engine.loss import loss
from engine.tasks.metrics import scores
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answers import Answer, Answers
from graftui.results.calibration import Bin, Calibration, calibration
from graftui.results.calibration_tables import calibrated, diagrams, objects, table


def answers(logits: torch.Tensor, gold: torch.Tensor) -> Answers:
    """As a file has them: nine digits of each probability."""
    rows = []
    for n, (row, right) in enumerate(zip(logits.softmax(1), gold, strict=True)):
        written = tuple(float(f"{p:.9g}") for p in row.tolist())
        rows.append(Answer(str(n), int(right), int(row.argmax()), written))
    classes = tuple(map(str, range(logits.shape[1])))
    return Answers("t", "model", "finetuned", "test", {}, classes, None, tuple(rows))


@pytest.fixture(scope="module", params=[2, 5])
def drawn(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (300, C), some of which are sure of 1, and gold (300,)."""
    draw = torch.Generator().manual_seed(request.param)
    logits = torch.randn(300, request.param, generator=draw) * 3
    logits[:5] *= 100
    logits[5:15] = logits[15]
    return logits, torch.randint(request.param, (300,), generator=draw)


@pytest.fixture(scope="module")
def found(drawn: tuple[torch.Tensor, torch.Tensor]) -> Calibration:
    return calibration(answers(*drawn))


Gaps = list[tuple[int, float]]


def gaps(bins: list[list[tuple[float, bool]]]) -> Gaps:
    """Of each bin with rows in it: how many, and |accuracy - confidence|."""
    return [
        (len(rows), abs(sum(r for _, r in rows) / len(rows) - sum(p for p, _ in rows) / len(rows)))
        for rows in bins
        if rows
    ]


def sure_and_right(given: Answers) -> list[tuple[float, bool]]:
    return [(max(row.probabilities), row.gold == row.prediction) for row in given.rows]


def test_of_equal_width_it_is_the_sum_over_bins(
    drawn: tuple[torch.Tensor, torch.Tensor], found: Calibration
) -> None:
    rows = sure_and_right(answers(*drawn))
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(16)]
    for sure, right in rows:
        bins[math.floor(sure * 15)].append((sure, right))  # 15: sure of 1
    by_hand = gaps(bins)
    assert any(each.low == 1 for each in found.width)
    assert found.ece == pytest.approx(sum(n * gap for n, gap in by_hand) / 300)
    assert found.mce == pytest.approx(max(gap for _, gap in by_hand))
    assert [each.rows for each in found.width] == [n for n, _ in by_hand]


def test_it_is_what_the_run_was_scored(
    drawn: tuple[torch.Tensor, torch.Tensor], found: Calibration
) -> None:
    logits, gold = drawn
    scored = scores("accuracy", logits, gold)
    assert found.ece == pytest.approx(scored["ece"], abs=1e-6)
    assert found.brier == pytest.approx(scored["brier"], abs=1e-6)
    assert found.accuracy == scored["accuracy"]
    assert calibration(answers(logits[20:], gold[20:])).nll == pytest.approx(
        loss(logits[20:], gold[20:]).item(), abs=1e-5
    )
    for bins in (1, 10, 40):
        theirs = multiclass_calibration_error(
            logits.softmax(1), gold, num_classes=logits.shape[1], n_bins=bins
        )
        assert calibration(answers(*drawn), bins).ece == pytest.approx(theirs.item(), abs=1e-6)


def test_of_equal_mass_it_is_the_sum_over_as_many_rows_each(
    drawn: tuple[torch.Tensor, torch.Tensor], found: Calibration
) -> None:
    rows = sorted(sure_and_right(answers(*drawn)))
    first: dict[float, int] = {}
    for rank, (sure, _) in enumerate(rows):
        first.setdefault(sure, rank)
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(15)]
    for sure, right in rows:
        bins[first[sure] * 15 // 300].append((sure, right))
    assert found.ece_mass == pytest.approx(sum(n * gap for n, gap in gaps(bins)) / 300)
    sizes = [each.rows for each in found.mass]
    assert (sum(sizes), len(sizes)) == (300, 15)
    assert max(sizes) <= 20 + 10, "but for eleven that are as sure"
    reach = [(each.low, each.high) for each in found.mass]
    assert all(high < low for (_, high), (low, _) in zip(reach, reach[1:], strict=False))


def test_the_order_of_rows_does_not_matter(
    drawn: tuple[torch.Tensor, torch.Tensor], found: Calibration
) -> None:
    order = list(range(300))
    random.Random(1).shuffle(order)
    logits, gold = drawn
    again = calibration(answers(logits[order], gold[order]))
    assert again.figures() == pytest.approx(found.figures(), rel=1e-12)


def test_brier_is_over_all_classes(
    drawn: tuple[torch.Tensor, torch.Tensor], found: Calibration
) -> None:
    given = answers(*drawn)
    by_hand = [
        (p - (c == row.gold)) ** 2 for row in given.rows for c, p in enumerate(row.probabilities)
    ]
    assert found.brier == pytest.approx(sum(by_hand) / 300)


def test_by_its_definition_on_three_rows() -> None:
    rows = (
        Answer("a", 0, 0, (0.8, 0.2)),
        Answer("b", 1, 0, (0.8, 0.2)),
        Answer("c", 1, 1, (0.4, 0.6)),
    )
    given = Answers("t", "model", "s", "test", {}, ("0", "1"), None, rows)
    found, finer = calibration(given, 2), calibration(given, 3)
    (whole,) = found.width
    assert (whole.low, whole.high, whole.rows) == (0.5, 1.0, 3)
    assert (whole.confidence, whole.accuracy) == pytest.approx((2.2 / 3, 2 / 3))
    assert finer.mass == (Bin(0.6, 0.6, 1, 0.6, 1.0), Bin(0.8, 0.8, 2, 0.8, 0.5))
    assert [each.rows for each in found.mass] == [3], "the second and third are as sure"
    assert found.ece == pytest.approx(0.2 / 3)
    assert finer.ece_mass == pytest.approx((0.4 + 2 * 0.3) / 3)
    assert found.brier == pytest.approx((0.08 + 1.28 + 0.32) / 3)
    assert found.nll == pytest.approx(-math.log(0.8 * 0.2 * 0.6) / 3)


def test_a_probability_that_is_none_makes_it_undefined() -> None:
    rows = (Answer("a", 0, 0, (0.8, 0.2)), Answer("b", 1, 0, (math.nan, math.nan)))
    found = calibration(Answers("t", "model", "s", "test", {}, ("0", "1"), None, rows))
    assert found.accuracy == 0.5
    assert all(map(math.isnan, (found.ece, found.ece_mass, found.mce, found.brier, found.nll)))


def write(folder: Path, **head: object) -> Path:
    """A run's answers: a graft's, and of its fine-tuned model."""
    folder.mkdir()
    about = {"v": 1, "task": "t", "subject": "model", "labels": {}, "rows": 2, **head}
    lines = [
        json.dumps(line)
        for stage in ("finetuned", "base_patch")
        for line in (
            {**about, "stage": stage, "split": "test"},
            ["a", 0, 0, [0.75, 0.25]],
            ["b", 1, 1, [0.25, 0.75]],
        )
    ]
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return folder


def test_a_table_and_a_diagram_of_a_run(tmp_path: Path) -> None:
    run = Run(id="r", name="r", kind="graft", config={}, config_hash="", created_at=0.0)
    folder = write(tmp_path / "r", classes=["0", "1"])
    rows = calibrated([(run, folder)], 15)
    assert [each.title for each in rows] == ["fine-tuned", "base patch"]
    made = table(rows, 15)
    cells = dict(zip(made.heads, (c.text for c in made.sections[0].rows[0].cells), strict=True))
    assert cells["ECE %"] == cells["equal mass %"] == "25.0"
    assert (cells["Brier"], cells["rows"]) == ("0.125", "2")
    (chart,) = diagrams(rows)
    diagonal, curve, _ = chart.curves
    assert diagonal.points == ((0.5, 0.5), (1.0, 1.0))
    assert curve.points == ((0.75, 1.0),)
    assert objects(rows)[0]["bins"]["width"][0]["rows"] == 2
    with pytest.raises(UsageError, match="No answers to the split 'dev' "):
        calibrated([(run, folder)], 15, "dev")
