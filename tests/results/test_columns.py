"""One set of columns: what is in it is in every list, and can be filtered and sorted by."""

import io
from dataclasses import replace

import pytest

from graftui.models import Run, RunStatus
from graftui.registry.query.keys import known
from graftui.results import columns
from graftui.results.columns import COLUMNS, Column
from graftui.results.export import runs as exporting
from graftui.show import tables
from graftui.terminal import Console
from graftui.tui import cells
from tests.each import each

RUN = Run(
    id="k3f9qz", name="n", kind="graft", config={"task": {"name": "film"}}, config_hash="abc",
    created_at=1e9, status=RunStatus.finished, started_at=1e9, ended_at=1e9 + 3725, tags=("a", "b"),
    summary={"finetuned": 0.934, "base_patch": 0.5},
)  # fmt: skip


@each("column", COLUMNS)
def test_every_column_is_a_key_to_filter_and_sort_by(column: Column) -> None:
    assert known(column.name)
    assert known(column.sort.removeprefix("-"))


def test_a_column_is_added_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    mood = Column("mood", lambda run, _: f"so-{run.name}", ls=0, table=0, width=9, exported="mood")
    monkeypatch.setattr(columns, "COLUMNS", (*COLUMNS, mood))
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(tables.runs([RUN], 200))
    head, row = console.export_text().splitlines()
    assert head.split()[-1] == "mood"
    assert row.split()[-1] == "so-n"
    shown = cells.columns(200)[-1]
    assert (shown.name, cells.heading(shown)) == ("mood", "mood")
    colours = dict.fromkeys(("text-muted", "foreground", "accent"), "#ffffff")
    assert cells.cell(shown, RUN, 0.0, colours).plain == "so-n"
    assert exporting.rows([RUN], {})[0]["mood"] == "so-n"
    assert "so-n" in exporting.to_csv([RUN], {})


def test_what_stands_in_them() -> None:
    at = {column.name: column for column in COLUMNS}

    def wide(name: str, run: Run = RUN) -> str:
        return at[name].read(run, 1e9 + 7200)

    assert [wide(name) for name in ("task", "tuned", "graft", "took", "age", "tags")] == [
        "film", "93.4", "50.0", "1:02 h", "2:00 h", "a b",
    ]  # fmt: skip
    narrow = [c.narrow(RUN, 1e9 + 7200) for c in (at["took"], at["age"]) if c.narrow]
    assert narrow == ["1:02:05", "2h"]
    inside = {"region": {"source": "movement"}}
    retrain = replace(RUN, kind="retrain", config=inside)
    assert wide("kind", retrain) == "movement retrain"
    assert at["kind"].narrow(retrain, 0.0) == "movem. retrain"  # type: ignore[misc]
    assert len("movem. retrain") <= at["kind"].width
    going = replace(RUN, status=RunStatus.running, ended_at=None)
    assert wide("took", going) == "2:00 h"
    assert columns.exported(RUN)["seconds"] == 3725
    assert columns.exported(RUN)["created"] == "2001-09-09T01:46:40+00:00"
