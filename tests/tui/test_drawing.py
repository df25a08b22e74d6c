"""Words, columns and colours of the dashboard: pure functions against plain oracles."""

import subprocess
import sys
from dataclasses import replace

import pytest
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from graftui.models import Run, RunStatus
from graftui.registry.queue import WANTING
from graftui.results.figures import file_size
from graftui.results.times import age, duration
from graftui.settings import Settings
from graftui.show.states import state
from graftui.text import spelt
from graftui.tui.cells import columns
from graftui.tui.keys import bindings
from graftui.tui.spelling import Spelling
from graftui.tui.text import palette
from tests.tui.conftest import dashboard


@pytest.mark.parametrize("width", [80, 94, 100, 107, 108, 116, 120, 136, 150, 172, 180, 220])
def test_columns_fit(width: int) -> None:
    shown = columns(width)
    assert sum(column.width + 2 for column in shown) <= width
    assert {"status", "id", "name", "kind", "progress", "tuned", "graft"} <= {c.name for c in shown}


def test_times_and_sizes() -> None:
    assert [age(s) for s in (3, 70, 7300, 2e6)] == ["3s", "1m", "2h", "23d"]
    times = (None, -1, 3.2, 65, 3725)
    assert [duration(s, narrow=True) for s in times] == ["", "0s", "3s", "1:05", "1:02:05"]
    assert [duration(s) for s in times] == ["", "0 s", "3 s", "1:05 min", "1:02 h"]
    assert [file_size(n) for n in (999, 1500, 2_000_000)] == ["999 B", "1.5 kB", "2 MB"]


def test_each_standing_has_a_glyph_of_its_own_in_every_terminal() -> None:
    run = Run(id="x", name="x", kind="graft", config={}, config_hash="", created_at=0.0)
    told = [state(replace(run, status=status)) for status in RunStatus]
    running = replace(run, status=RunStatus.running)
    told.append(state(replace(run, status=RunStatus.cancelled, message=f"{WANTING} y.")))
    told += [state(replace(running, condition=word)) for word in ("stalled", "elsewhere")]
    assert len({look.glyph for look in told}) == len(told) == len({look.word for look in told})
    letters = [spelt(look.glyph, "ascii") for look in told]
    assert all(len(letter) == 1 for letter in letters)
    assert len(set(letters)) == len(letters)
    finished = replace(run, status=RunStatus.finished, condition="elsewhere")
    assert state(finished).word == "finished"


def test_all_that_is_drawn_has_a_letter_in_ascii(empty: Settings) -> None:
    """Signs of figures and of keys too; a key without one is called by its name."""
    spelling = Spelling("ascii")
    assert spelling.has("93.4 ± 0.8  –  ▌ ✓ → ◆")
    app = dashboard(empty, encoding="ascii")
    shown = {binding.key: app.get_key_display(binding) for binding in bindings().values()}
    assert shown["enter"] == "enter"
    assert all(map(spelling.has, shown.values()))


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_every_theme_has_our_colours(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    found = palette(theme.to_color_system().generate() | theme.variables)
    assert all(Style(color=colour) for colour in found.values())


def test_the_first_paint_waits_for_no_heavy_import() -> None:
    code = "import sys, graftui.tui.app; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"torch", "transformers", "datasets", "numpy", "pydantic", "sqlite_utils", "pandas"}
    assert not heavy & set(loaded)
