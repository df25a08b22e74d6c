"""Tables of scores: which columns at which width, aligned comparisons, escaped text."""

import io
import math
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.measured import Score
from graftui.models import Run
from graftui.results.export import grid
from graftui.results.export.runs import to_markdown
from graftui.results.figures import exact, figure, metric_of, percent
from graftui.results.score_table import score_table
from graftui.results.side_by_side import compare
from graftui.results.times import time_left
from graftui.show import comparison, tables
from graftui.show.tables import Results
from graftui.terminal import Console
from graftui.tui import describe
from tests.each import each

OF_CLASSES = {"accuracy": 0.901, "loss": 0.3, "ece": 0.04}
OF_GRAFT = {"weights": 8505.0, "recovery": 0.97, "agreement": 0.93, "gain_recovery": 0.95}


def graft(**more: float) -> list[Score]:
    """The scores of a graft run."""
    return [
        Score("pretrained", "test", {}, {**OF_CLASSES, **more}),
        Score("finetuned", "dev", {}, {**OF_CLASSES, **more}),
        Score("learnt_graft", "test", {"sparsity": 1e-4}, {**OF_CLASSES, **more, **OF_GRAFT}),
    ]


def test_the_columns_are_those_that_the_scores_have() -> None:
    wide = score_table(graft(), 200)
    assert wide.titles == ("", "sparsity", "weights", "accuracy %", "loss", "ECE %",
                           "agreement %", "recovery %", "of gain %")  # fmt: skip
    assert wide.rows[1] == ("learnt graft", "0.0001", "8,505", "90.1", "0.300", "4.0",
                            "93.0", "97.0", "95.0")  # fmt: skip
    assert len(wide.rows) == 2, "dev chooses models; results are on test"
    judged = {"pearson": 0.8, "spearman": 0.75, "loss": 0.2}
    two_sets = [Score("finetuned", split, {}, judged) for split in ("test", "test_mismatched")]
    table = score_table(two_sets, 80)
    assert table.titles == ("", "test set", "Pearson %", "Spearman %", "loss")
    assert table.rows[1] == ("fine-tuned", "test_mismatched", "80.0", "75.0", "0.200")
    assert score_table(graft(matthews=-0.1), 200).rows[0][3] == "-10.0"


def test_a_recovery_that_is_undefined_says_so_everywhere() -> None:
    lost = Run(id="abc234", name="n", kind="graft", config={}, config_hash="", created_at=0.0,
               summary={"finetuned": 0.5, "recovery": math.nan})  # fmt: skip
    scores = [
        Score("learnt_graft", "test", {"sparsity": 1e-4}, {**OF_CLASSES, "recovery": math.nan})
    ]
    console = Console(width=150, record=True, file=io.StringIO())
    console.print(tables.runs([lost], 150), Results(scores))
    comparison.show(compare([lost], {lost.id: scores}), console)
    assert console.export_text().count("undefined") == 3
    assert "undefined" in to_markdown([lost], {lost.id: scores})
    assert percent(math.nan, narrow=True) == "undef."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (3.2, "some seconds left"),
        (62.0, "about 60 s left"),
        (100.0, "about 2 min left"),
        (5300.0, "about 88 min left"),
        (14_000.0, "about 3.9 h left"),
    ],
)
def test_a_time_left_is_no_finer_than_it_is_known(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


@each("width", [60, 80, 120])
@each("more", [{}, {"f1": 0.8}, {"matthews": 0.4}])
def test_a_table_fits_and_keeps_the_metric(width: int, more: dict[str, float]) -> None:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(Results(graft(**more), "a title"))
    text = console.export_text()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text
    assert all(name in text.lower() for name in more or ["accuracy %"])
    content = describe.scores(graft(**more), width)
    assert content is not None
    assert max(map(len, content.plain.splitlines())) <= width
    assert describe.scores([], width) is None


def test_figures() -> None:
    assert figure("weights", 8505.0) == "8,505"
    assert figure("pearson", 0.934) == "93.4"
    assert figure("loss", 0.3) == "0.300"
    assert figure("recovery", float("nan")) == "undefined"
    assert figure("loss", float("inf")) == "inf"
    assert repr(exact("added", 12.0)) == "12"
    assert repr(exact("loss", 12.0)) == "12.0"
    assert metric_of({"accuracy", "matthews"}) == "matthews"
    assert metric_of({"pearson", "spearman", "loss"}) == "pearson"
    assert metric_of(()) == "accuracy"


def run(id: str, **config: object) -> Run:
    whole = {"kind": "graft", **config}
    return Run(id=id, name=id, kind="graft", config=whole, config_hash="", created_at=0.0)


def learnt(*sparsities: float) -> list[Score]:
    return [Score("learnt_graft", "test", {"sparsity": s}, {"accuracy": s}) for s in sparsities]


def test_a_curve_and_a_single_graft_meet_at_their_sparsity() -> None:
    side = compare([run("c"), run("s")], {"c": learnt(1e-3, 1e-4), "s": learnt(1e-4)})
    assert side.scores == {
        "learnt_graft@0.001 accuracy": (1e-3, None),
        "learnt_graft@0.0001 accuracy": (1e-4, 1e-4),
    }
    # Two of one graft each stand side by side, and the setting says in what they differ.
    side = compare([run("a", sparsity=1e-3), run("b", sparsity=1e-4)],
                   {"a": learnt(1e-3), "b": learnt(1e-4)})  # fmt: skip
    assert side.scores == {"learnt_graft accuracy": (1e-3, 1e-4)}
    assert side.settings == {"graft.sparsity": (1e-3, 1e-4)}


def test_settings_that_are_gone_do_not_set_runs_apart() -> None:
    """A run of an older version beside one of today."""
    new = {"kind": "graft", "compute": {"bf16": False}, "sparsity": 1e-4}
    old = {**new, "micro_batch": 8, "compute": {"bf16": False, "eval_batch": 64}}
    runs = [
        Run(id=id, name=id, kind="graft", config=config, config_hash="", created_at=0.0)
        for id, config in (("a", old), ("b", {**new, "sparsity": 1e-3}))
    ]
    assert compare(runs, {}).settings == {"graft.sparsity": (1e-4, 1e-3)}


def test_test_sets_are_told_apart_in_a_comparison() -> None:
    told = [Score("finetuned", s, {}, {"f1": 0.5}) for s in ("dev", "test", "test_mismatched")]
    names = list(compare([run("a")], {"a": told}).scores)
    assert names == ["finetuned f1", "finetuned test_mismatched f1"]


CELLS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_every_cell_stays_in_its_column(rows: list[tuple[str, str]]) -> None:
    lines = grid.markdown(["a", "b"], rows).splitlines()
    plain = [line.replace("\\\\", "").replace("\\|", "") for line in lines]
    assert [line.count("|") for line in plain] == [3] * (len(rows) + 2)
    _, _, _, _, *body = grid.latex(["a", "b"], rows).splitlines()
    for line in body[:-2]:
        bare = line.removesuffix(" \\\\")
        assert bare.count("&") - bare.count("\\&") == 1
        assert all(bare.count(sign) == bare.count(f"\\{sign}") for sign in "%#_$")
        assert not bare.lstrip().startswith("[")


def test_latex_worked_out_by_hand() -> None:
    assert grid.latex(["task.name", "F1 %"], [["a_b & c", "91.0 ± 0.2"]]) == (
        "\\begin{tabular}{lr}\n\\toprule\ntask.name & F1 \\% \\\\\n\\midrule\n"
        "a\\_b \\& c & 91.0 $\\pm$ 0.2 \\\\\n\\bottomrule\n\\end{tabular}\n"
    )


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(tmp_path: Path) -> None:
    letters = [chr(n) for n in range(33, 127)] + ["±", "–"]
    random.Random(0).shuffle(letters)
    table = grid.latex(["%", "x"], [[letter, "["] for letter in letters])
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}"
    (tmp_path / "t.tex").write_text(f"{head}{table}\\end{{document}}")
    subprocess.run(["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, check=True)
