"""Where output goes: files by their ending, pipes, logs of any size, more runs than columns."""

import csv
import io
import json
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.contract import events as ev
from graftui.measured import Score
from graftui.models import Input, Run
from graftui.registry import output
from graftui.results import side_by_side
from graftui.results.inherited import with_sources
from graftui.show import comparison as printing
from graftui.show import tables
from graftui.terminal import Console
from tests.cli.study import add, tuned
from tests.cli.workplace import typed
from tests.each import each


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two runs, one tagged like a formula."""
    monkeypatch.chdir(tmp_path)
    add(tmp_path, "one", "finetune", tuned(0.9, 0.8), tags=("=1+1", "-x"))
    add(tmp_path, "two", "finetune", [("finetuned", "test", None, {"accuracy": float("nan")})])
    return tmp_path


def test_endings_mean_what_they_say(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = {
        "a.csv": "id,name", "a.CSV": "id,name", "a.json": "[\n", "a.jsonl": '{"id"',
        "a.md": "| id", "a.markdown": "| id", "a.tex": r"\begin", "a.latex": r"\begin", "a": "id,",
    }  # fmt: skip
    for name, start in starts.items():
        typed(monkeypatch, ["export", "-o", name])
        assert (here / name).read_text().startswith(start), name
    lines = (here / "a.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == json.loads((here / "a.json").read_text())
    for verb in (["export"], ["compare", "--by", "task.name"]):
        assert "latex" in typed(monkeypatch, [*verb, "-o", "x.xlsx"])
    assert not (here / "x.xlsx").exists()
    typed(monkeypatch, ["export", "-o", "x.xlsx", "--format", "csv"])
    assert (here / "x.xlsx").read_text() == (here / "a.csv").read_text()


def test_formulas_are_text_unless_raw(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for verb in (["export"], ["compare", "--by", "tag", "--format", "csv"]):
        column = "tags" if verb == ["export"] else "tag"
        for raw, cell in ((["--raw"], "=1+1 -x"), ([], "'=1+1 -x")):
            text = typed(monkeypatch, [*verb, *raw])
            assert cell in [row[column] for row in csv.DictReader(io.StringIO(text))]
    assert "CSV alone" in typed(monkeypatch, ["export", "--format", "json", "--raw"])


def test_a_pipe_gets_a_list_and_no_dashboard(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = typed(monkeypatch, [])
    assert "study-one" in text
    assert "\x1b" not in text


def test_the_last_lines_of_a_log(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = typed(monkeypatch, ["logs", "one"]).splitlines()
    (here / "data/runs/one/output.log").write_text("a\nb\nc\n")
    assert len(whole) > 2
    last = typed(monkeypatch, ["logs", "one", "-n", "2"]).splitlines()
    assert last == [*whole[-2:], "-- output of the process --", "b", "c"]
    assert typed(monkeypatch, ["logs", "one"]).splitlines()[: len(whole)] == whole


def test_a_progress_bar_of_hours_is_its_last_state(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    with log.open("wb") as file:
        file.write(b"begin\r\n")
        for n in range(40):
            file.write(b"".join(b"\r%d%%" % (1000 * n + i) for i in range(20_000)))
        file.write(b"\rdone\r\nafter \xff\n" + b"x" * (5 << 20) + b"\nend")
    tracemalloc.start()
    with log.open("rb") as file:
        found = list(output.lines(output.chunks(file)))
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
    assert found[:3] == ["begin", "done", r"after \xff"]
    assert "".join(found[3:-1]) == "x" * (5 << 20)
    assert found[-1] == "end"


@each("size", range(1, 9))
def test_pieces_do_not_matter(size: int) -> None:
    whole = b"a\rb\r\n\r1%\r2%\nlast\r\r\n\nn\xc3\xa9\r"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert list(output.lines(pieces)) == ["b", "2%", "last", "", "né"]


def test_many_runs_are_rows() -> None:
    runs = [
        Run(id=f"id{n:04}", name=f"run-{n}", kind="finetune", config={"train": {"seed": n}},
            config_hash="", created_at=0.0)
        for n in range(200)
    ]  # fmt: skip
    scores = {run.id: [Score("finetuned", "test", {}, {"accuracy": 0.5})] for run in runs}
    for count, width in ((200, 200), (200, 60), (2, 200)):
        found = side_by_side.compare(runs[:count], scores)
        file = io.StringIO()
        printing.show(found, Console(file=file, width=width))
        text = file.getvalue()
        assert max(map(len, text.splitlines())) <= width
        for run in found.runs:
            assert run.id in text
            assert run.name in text
        assert text.count("50.0") == count
    assert text.splitlines()[1].count("id000") == 2, "two runs are columns"


def test_what_has_no_room_is_counted() -> None:
    settings = {"train": {f"setting{n}": n for n in range(30)}}
    runs = [
        Run(id=f"id{n}", name="n", kind="finetune", config_hash="", created_at=0.0,
            config={"train": {key: value + n for key, value in settings["train"].items()}})
        for n in range(60)
    ]  # fmt: skip
    file = io.StringIO()
    printing.show(side_by_side.compare(runs, {}), Console(file=file, width=100))
    shown = sum(f"train.setting{n} " in file.getvalue() for n in range(30))
    assert shown
    assert f"{30 - shown} more settings" in file.getvalue()


def test_a_run_from_another_clock_has_no_negative_age() -> None:
    ahead = Run(id="id", name="n", kind="graft", config={}, config_hash="", created_at=9e9)
    file = io.StringIO()
    Console(file=file, width=200).print(tables.runs([ahead], 200))
    assert re.search(r" 0 s\n", file.getvalue())


def test_curves_are_data_too(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each point as events.jsonl has it, of the runs that are named or all."""
    told = here / "data/runs/one/events.jsonl"
    *said, end = told.read_bytes().splitlines(keepends=True)
    for step, values in ((1, {"train/loss": 0.5}), (2, {"train/loss": 0.25, "dev/accuracy": 1.0})):
        said.append(ev.dumps(ev.Metric(t=1.0, step=step, values=values)))
    told.write_bytes(b"".join([*said, end]))
    points = [("dev/accuracy", 2, 1.0), ("train/loss", 1, 0.5), ("train/loss", 2, 0.25)]

    def same(rows: list[dict[str, Any]]) -> bool:
        return [(r["curve"], int(r["step"]), float(r["value"])) for r in rows] == points

    assert same(json.loads(typed(monkeypatch, ["show", "one", "--curves", "--json"])))
    for words in (
        ["show", "one", "--curves"],
        ["export", "--curves"],
        ["export", "one", "--curves"],
    ):
        typed(monkeypatch, [*words, "-o", "c.csv"])
        assert same(list(csv.DictReader((here / "c.csv").open())))
    assert "no run meets" not in typed(monkeypatch, ["export", "two", "--curves"])
    assert "as data" in typed(monkeypatch, ["show", "one", "--curves", "--json", "--log"])
    assert "or for data .csv" in typed(monkeypatch, ["show", "one", "--curves", "-o", "c.x"])
    assert typed(monkeypatch, ["export", "one"]) == typed(monkeypatch, ["export", "--runs", "one"])


def test_a_graft_is_exported_with_the_settings_of_its_fine_tuning(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a notebook can group by them; where several are behind it, what these agree on."""
    add(here, "t1", "finetune", [], train__lr=0.02, train__steps=7)
    add(here, "g1", "graft", [], "t1", finetuned__path="data/runs/t1/checkpoint", steps=3)
    for words in (["export"], ["export", "g1"]):
        (row,) = (
            row
            for row in csv.DictReader(io.StringIO(typed(monkeypatch, words)))
            if row["id"] == "g1"
        )
        assert (row["train.lr"], row["train.steps"], row["graft.steps"]) == ("0.02", "7", "3")
    said = typed(monkeypatch, ["ls", "-f", "kind=graft and train.lr=0.02"])
    assert "no run meets this" in said
    assert "train.lr: not every kind" in said
    assert "not every" not in typed(monkeypatch, ["ls", "-f", "kind=graft and graft=99"])


def test_of_several_sources_what_they_agree_on() -> None:
    frozen = {"freeze": {"layers": 2}}
    told = {"a": {"train": {"lr": 1}, **frozen}, "b": {"train": {"lr": 9}, **frozen}}
    sources = {
        id: Run(id=id, name="", kind="finetune", config=config, config_hash="", created_at=0.0)
        for id, config in told.items()
    }
    inputs = tuple(Input("skills", id) for id in (*told, "gone"))
    made = replace(sources["a"], id="c", kind="combine", config={"task": {}}, inputs=inputs)
    (whole,) = with_sources([made], sources.get)
    assert whole.config == {"task": {}, **frozen}
    assert with_sources([*sources.values(), whole], lambda _: None)[-1].config == whole.config
