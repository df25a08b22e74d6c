"""What is shown of text: on any terminal, in any encoding."""

import ast
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from graftui.terminal import Console, Table, Text
from graftui.text import FALLBACK, fit, spelt, visible, visible_lines
from tests.each import each

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "[/x]", "[bold]x[/bold]", "[link=http://x]y[/link]", ":100:", "\\[red]",
    "[@click=app.quit]z[/]",
)  # fmt: skip


def printed(*objects: object, width: int = 80, encoding: str = "utf-8") -> str:
    """What a console of that width prints, without colours."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    fit(stream)
    Console(file=stream, width=width).print(*objects)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


@given(st.text())
def test_visible_text_is_one_line_that_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp"}
    lines = visible_lines(text)
    assert {x for x in lines if unicodedata.category(x) in ("Cc", "Cs", "Zl", "Zp")} <= {"\n", "\t"}
    assert visible(shown) == shown


@each(
    ("text", "shown"),
    [
        ("plain name", "plain name"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("x\u202efdp.exe", r"x\u202efdp.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("ad\u200bmin", r"ad\u200bmin"),
        ("ad\u200dmin", r"ad\u200dmin"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("naïve 日本 ±", "naïve 日本 ±"),
        ("[/x] :100:", "[/x] :100:"),
    ],
)
def test_what_is_seen(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_text(text: str) -> None:
    table = Table("head", title=text)
    table.add_column(text)
    table.add_row(text, Text(text, "bold"))
    assert printed(text) == f"{text}\n"
    assert printed(Text.assemble(("a ", "red"), text)) == f"a {text}\n"
    assert printed(table).count(text) == 4


def test_a_cell_stays_one_line() -> None:
    table = Table("name", box=None)
    table.add_row("one\ntwo\x1b[2J")
    assert printed(table).split("\n")[1].strip() == r"one\ntwo\x1b[2J"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_an_encoding_lacks_is_spelt(encoding: str) -> None:
    assert spelt("✓ ✗ ● ○", encoding) == "v x * o"
    assert printed(Text("✓ 日"), encoding=encoding) == "v \\u65e5\n"
    assert printed("caf\udce9", encoding=encoding) == "caf\\xe9\n"


def test_columns_stand_in_line_where_data_is_spelt() -> None:
    table = Table("name", "score", box=None)
    for name in ("日本", "plain"):
        table.add_row(name, "1")
    lines = printed(table, encoding="ascii").splitlines()
    assert len({line.rstrip().rindex("1") for line in lines[1:]}) == 1
    assert "\\u65e5\\u672c" in lines[1]


def test_braille_becomes_dots_at_their_height() -> None:
    upper, lower, both, none = "\u2801", "\u2880", "\u28ff", "\u2800"
    assert spelt(upper + lower + both + none, "ascii") == "'.: "


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_any_text_can_be_written(text: str, encoding: str) -> None:
    assert text.encode(encoding, FALLBACK).decode(encoding) == spelt(text, encoding)


def test_twins_are_as_wide_as_their_glyphs() -> None:
    from graftui.text import _TWINS

    wide = {glyph for glyph, twin in _TWINS.items() if len(twin) != cell_len(glyph)}
    assert wide == {"±"}, "stands in cells of text alone, which are spelt before the layout"
    assert "".join(_TWINS.values()).isascii()


def literals(path: Path) -> Iterator[str]:
    """The strings of a module that are printed, or may be: docstrings are not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_every_glyph_that_is_drawn_has_a_twin() -> None:
    not_drawn = {"graftui/text.py", "graftui/results/export/sheet.py",
                 "graftui/registry/folders.py", "graftui/tui/spelling.py",
                 "graftui/registry/query/fulltext.py",
                 "graftui/show/press/charts.py"}  # fmt: skip
    for path in (ROOT / "graftui").rglob("*.py"):
        if path.relative_to(ROOT).as_posix() not in not_drawn:
            for text in literals(path):
                assert "\\" not in spelt(re.sub("[\x00-\x7f]", "", text), "ascii"), (path, text)
