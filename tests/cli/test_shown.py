"""What ls, show and compare show of a graft: its localizer, its size asked and reached; and that
filters find what is shown.
"""

import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from engine.contract.layout import RunDir
from graftui import settings as knobs
from graftui.cli.commands import detail
from graftui.kinds import shown as shown_of
from graftui.measured import Score
from graftui.models import Attempt, Run
from graftui.registry.query.grammar import parse_options
from graftui.registry.store import Store
from graftui.results.columns import COLUMNS
from graftui.results.made import result_of
from graftui.results.side_by_side import compare
from graftui.scheduler.reconcile import reconcile
from graftui.settings import Settings
from graftui.show import comparison, tables
from graftui.terminal import Console
from tests.cli import study
from tests.each import each


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """A registry of grafts by several localizers and of several sizes."""
    grafts: list[tuple[str, float, dict[str, Any]]] = [
        ("fisher", 0.9349, {"sparsity": 1e-3}),
        ("learnt", 0.9351, {"sparsities": [1e-4, 1e-2]}),
        ("random", 0.5, {"sparsity": 681}),
        ("learnt", 0.8004, {"recover": 0.95}),
    ]
    for place, (localizer, size, more) in enumerate(grafts):
        summary = {
            "pretrained": 0.5, "finetuned": 0.95 + place / 1000, "learnt_graft": size,
            "recovery": size / 0.95, "weights": 681.0 + 1000 * place,
        }  # fmt: skip
        study.add(tmp_path, f"g{place}", "graft", study.grafted(1e-3, 0.9, size, 681.0),
                  summary=summary, localizer=localizer, **more)  # fmt: skip
    settings = knobs.at(tmp_path)
    with Store.open(settings.db) as store:
        reconcile(settings, store)
    return settings


def printed(what: object, width: int = 200) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(what)
    return console.export_text()


def compared(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> str:
    console = Console(width=120, file=io.StringIO(), record=True)
    comparison.show(compare(runs, scores), console)
    return console.export_text()


def all_of(settings: Settings) -> list[Run]:
    with Store.open(settings.db) as store:
        return store.list(sort="id")


@each("column", ["graft", "recov.", "tuned", "zero-shot", "weights"])
@each("op", [">", "<", "=", ">=", "<=", "!="])
def test_a_filter_finds_what_is_shown(here: Settings, column: str, op: str) -> None:
    """Against each number that stands in the column, as the table has it."""
    shown = {}
    for run in all_of(here):
        cell = next(c for c in COLUMNS if c.name == column).read(run, time.time())
        shown[run.id] = float(cell.replace(",", ""))
    meets = {
        ">": float.__gt__, "<": float.__lt__, "=": float.__eq__, ">=": float.__ge__,
        "<=": float.__le__, "!=": float.__ne__,
    }  # fmt: skip
    with Store.open(here.db) as store:
        for number in shown.values():
            found = store.list(where=parse_options([f"{column} {op} {number:,}"]))
            expected = {id for id, value in shown.items() if meets[op](value, number)}
            assert {run.id for run in found} == expected


def test_ls_has_the_size_asked_and_reached_and_the_localizer(here: Settings) -> None:
    text = printed(tables.runs(all_of(here), 200))
    head, *lines = text.splitlines()
    assert re.search(r"sparsity +weights", head)
    rows = [line.split() for line in lines]
    assert all(line.index("graft") for line in rows)
    for line, size in zip(lines, ("0.001", "0.0001 to 0.01", "681", ""), strict=True):
        assert re.search(rf"{size} +[\d,]+ ", line)
    assert "fisher graft" in lines[0]
    assert "random graft" in lines[2]
    narrow = printed(tables.runs(all_of(here), 80), 80)
    assert "weights" in narrow
    assert max(map(cell_len, narrow.splitlines())) <= 80


def test_compare_and_show_call_grafts_by_their_localizers(here: Settings) -> None:
    with Store.open(here.db) as store:
        runs = store.list(sort="id")
        scores = store.scores([run.id for run in runs])
        text = compared(runs, scores)
        for name in ("fisher graft", "learnt graft", "random graft", "base patch accuracy"):
            assert name in text
        assert "fisher graft accuracy" in compared(runs[:1], scores)
        assert "fisher" in compared(runs * 9, scores), "runs as rows"
        console = Console(width=200, file=io.StringIO(), record=True)
        detail.show(store, here, runs[0], console, False)
    shown = console.export_text()
    assert shown.count("fisher graft") == 2, "in the headline and in the table"
    assert "learnt_graft" not in shown


def test_show_does_not_show_a_curves_unused_sparsity(here: Settings) -> None:
    with Store.open(here.db) as store:
        console = Console(width=200, file=io.StringIO(), record=True)
        detail.show(store, here, store.get("g1"), console, False)
        text = console.export_text()
        detail.show(store, here, store.get("g0"), console, False)
    assert "graft.sparsities" in text
    assert not re.search(r"graft\.sparsity\b", text)
    assert re.search(r"graft\.sparsity\b", console.export_text())


def test_show_has_the_map_of_the_graft_that_its_scores_are_about(here: Settings) -> None:
    tensor = {"name": "l.0.q.weight", "part": "layer", "layer": 0, "module": "q",
              "parameter": "weight", "maskable": 6810}  # fmt: skip
    grafts = [
        {"subject": "model", "stage": "learnt_graft", "labels": {"sparsity": at}, "skill": "s",
         "counts": [weights]} for at, weights in ((1e-3, 681), (1e-2, 6810))
    ]  # fmt: skip
    path = here.runs / "g0" / "map.json"
    path.write_text(json.dumps({"v": 1, "model": "m", "tensors": [tensor], "grafts": grafts}))

    def shown() -> list[str]:
        console = Console(width=100, file=io.StringIO(), record=True)
        with Store.open(here.db) as store:
            detail.show(store, here, store.get("g0"), console, False)
        return console.export_text().splitlines()

    lines = shown()
    at = lines.index("share of each module's weights in the fisher graft at 0.001, by layer")
    assert [line.split() for line in lines[at + 1 : at + 3]] == [["0"], ["q", "█"]]
    assert "█ up to 10 %" in lines[at + 3]
    path.write_text("{")
    assert any("map.json cannot be read" in line for line in shown())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"weights": 8505, "recovery": 0.9531, "low": 0.93, "high": 0.971, "tried": {}},
         "smallest graft  weights 8,505   recovers % 95.3   at least % 93.0   at most % 97.1"),
        ({"weights": 8505}, ""),
        ([1], ""),
        (None, ""),
    ],
)  # fmt: skip
def test_show_has_the_interval_of_recover(here: Settings, written: object, shown: str) -> None:
    place = RunDir(here.runs / "g3").result
    place.write_text(json.dumps({"recover": written}))
    run = next(run for run in all_of(here) if run.id == "g3")
    lines = [
        line.plain.rstrip()
        for line in tables.cards(shown_of(run.kind).cards(result_of(RunDir(place.parent))))
    ]
    assert lines == ([shown] if shown else [])
    place.write_bytes(b"\xff{")
    assert detail.recovered(here, run) is None
    assert detail.recovered(here, replace(run, id="nobody")) is None


def test_show_says_where_each_value_came_from_and_how_each_start_ended(here: Settings) -> None:
    (here.root / "recipes").mkdir(exist_ok=True)
    recipe = '[graft]\nfinetuned.path = "x"\nseed = 3\nsteps = 5\n'
    (here.root / "recipes" / "mine.toml").write_text(recipe)
    run = next(run for run in all_of(here) if run.id == "g1")
    run = replace(run, recipe="mine", config={**run.config, "seed": 3, "steps": 7})
    with Store.open(here.db) as store:
        started = Attempt(run="own", n=1, host="gpu1", pid=7, exit_code=3, peak_bytes=123_000_000,
                          started_at=1000.0, ended_at=1042.0)  # fmt: skip
        store.add([replace(run, id="own", attempt=started)])
        console = Console(width=120, file=io.StringIO(), record=True)
        detail.show(store, here, store.get("own"), console, False)
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["graft.seed", "3", "recipe"] in lines
    assert ["graft.steps", "7", "steps", "set,", "otherwise", "5"] in lines
    (start,) = [line for line in lines if "exit" in line and "gpu1" in line]
    assert start[0] == "1"
    assert "123" in start
