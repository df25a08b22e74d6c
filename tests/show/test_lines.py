"""Tables of many rows: as Rich draws them where they fit, and never wider than the terminal."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from graftui.show.lines import Column, Lines
from graftui.terminal import Console, Table, Text

CELLS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["日本", "é", "[b]x[/b]"]
)


def printed(table: object, width: int, encoding: str = "utf-8", colour: bool = False) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="graftui-twins", newline="")
    kind: dict[str, Any] = {"force_terminal": True, "color_system": "truecolor"} if colour else {}
    Console(file=stream, width=width, **kind).print(table, crop=False)
    stream.flush()
    return raw.getvalue().decode(encoding)


@given(rows=st.lists(st.tuples(CELLS, CELLS, st.booleans()), min_size=1, max_size=5))
def test_it_looks_as_rich_draws_it(rows: list[tuple[str, str, bool]]) -> None:
    columns = (Column("id", least=6), Column("a number", right=True), Column("status"))
    rich = Table(box=None, pad_edge=False, header_style="bold")
    rich.add_column("id", no_wrap=True, min_width=6)
    rich.add_column("a number", no_wrap=True, justify="right")
    rich.add_column("status", no_wrap=True)
    cells = []
    for first, second, failed in rows:
        status = Text("✗ failed", "red").append(" (oom)", "dim") if failed else Text("✓", "green")
        cells.append((first, second, status))
        rich.add_row(first, second, status)
    for colour in (False, True):
        ours, theirs = printed(Lines(columns, cells), 200), printed(rich, 200)
        assert ours == theirs
        if colour and any(failed for *_, failed in rows):
            assert "\x1b[31m✗ failed" in printed(Lines(columns, cells), 200, colour=True)


@given(
    rows=st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=40)] * 3), max_size=4),
    width=st.integers(20, 60),
)
def test_it_keeps_to_the_width_and_to_the_ids(rows: list[tuple[str, ...]], width: int) -> None:
    named = [(f"id{number:04}", *row) for number, row in enumerate(rows)]
    columns = (Column("id", least=6), Column("b", right=True), Column("c"), Column("d"))
    lines = printed(Lines(columns, named), width).split("\n")[:-1]
    assert len(lines) == 1 + len(rows)
    assert all(cell_len(line) <= width for line in lines)
    assert [line[:6] for line in lines[1:]] == [row[0] for row in named]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_glyphs_has_letters_in_their_columns(encoding: str) -> None:
    table = Lines([Column("a"), Column("b")], [("…é", Text("✓ finished", "green")), ("x", "y")])
    _, first, second = printed(table, 40, encoding).splitlines()
    assert "v finished" in first
    assert first.index("v finished") == second.index("y")


def test_a_text_of_any_length_costs_one_line() -> None:
    table = Lines([Column("id", least=6), Column("name")], [("abcdef", "x" * 100_000)])
    assert printed(table, 80).splitlines()[1] == "abcdef  " + "x" * 71 + "…"
