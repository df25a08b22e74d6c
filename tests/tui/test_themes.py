"""Themes: colours that all eyes tell apart, and a cursor that is read in any terminal."""

from itertools import combinations

import pytest
from textual.color import Color

from graftui.settings import Settings
from graftui.tui.text import TONES
from graftui.tui.themes import CALM, OURS, SAFE, TERMINAL
from tests.tui.conftest import dashboard, filled

_LEAST = 16.0
"""How far apart two colours are in CIELAB that are told apart at a glance; 2.3 is just seen."""
_EYES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
}  # fmt: skip
"""What such an eye sees of linear red, green and blue: Machado, Oliveira and Fernandes, A
Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1."""
_WHITE = (0.95047, 1.0, 1.08883)
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
Triple = tuple[float, ...]


def _times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _seen(colour: str, eye: str) -> Triple:
    """A colour in CIELAB, as an eye sees it."""
    parts = [part / 255 for part in Color.parse(colour).rgb]
    linear = tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    seen = tuple(min(1.0, max(0.0, part)) for part in _times(_EYES[eye], linear))
    shares = [x / w for x, w in zip(_times(_XYZ, seen), _WHITE, strict=True)]
    x, y, z = (s ** (1 / 3) if s > 0.008856 else 7.787 * s + 16 / 116 for s in shares)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _closest(colours: list[str], eye: str) -> float:
    """How far apart the two are that are closest."""
    pairs = combinations([_seen(colour, eye) for colour in colours], 2)
    return min(sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in pairs)


@pytest.mark.parametrize("eye", _EYES)
def test_states_are_told_apart_by_colour_blind_eyes(eye: str) -> None:
    def tones(variables: dict[str, str]) -> list[str]:
        return [variables[TONES[tone]] for tone in TONES]

    calm = {**CALM.to_color_system().generate(), **CALM.variables}
    safe = {**SAFE.to_color_system().generate(), **SAFE.variables}
    assert _closest(tones(safe), eye) > _LEAST > _closest(tones(calm), eye)


async def test_what_is_under_the_cursor_can_be_read(settings: Settings) -> None:
    app = dashboard(settings)
    async with app.run_test(size=(120, 36)) as pilot:
        table = await filled(pilot)
        for theme in OURS:
            app.theme = theme.name
            await pilot.pause()
            table.show(table.lines, 0.0, frozenset())
            line = table.cursor_row + 1 - int(table.scroll_y)
            styles = [s.style for s in table.render_line(line) if s.text.strip() and s.style]
            inks = {style.color for style in styles}
            assert len(inks) == 1 if theme is TERMINAL else len(inks) > 1
            assert {bool(style.reverse) for style in styles} == {theme is TERMINAL}
            assert all(style.color != style.bgcolor or style.reverse for style in styles)
