"""Rows in columns: what is in view is what stands there, wherever cursor and mouse are."""

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.events import Click
from textual.pilot import Pilot

from graftui.terminal import Text
from graftui.tui.runs.rows import Rows

WIDTHS = (6, 30, 30)
HEIGHT = 8
"""Of the terminal: the head, six rows, and the bar that scrolls to the columns on the right."""
IN_VIEW = HEIGHT - 2


class Numbers(Rows):
    """A row is its number, as text and to the right, and a word that may be too long."""

    made = 0
    """Cells of how many rows were made."""
    words: dict[str, str]
    clicked: tuple[int | None, int | None] | None = None
    """Row and column."""

    def on_click(self, event: Click) -> None:
        self.clicked = self.under(event), self.column_under(event)

    def head(self) -> Sequence[Text]:
        return [Text("number"), Text("right"), Text("word")]

    def cells(self, key: str) -> Sequence[Text]:
        self.made += 1
        word = Text(self.words.get(key, key))
        return [Text(key, "bold"), Text(key, justify="right"), word.append("!", "red")]

    def made_from(self, key: str) -> object:
        return self.words.get(key, key)


class Rowed(App[None]):
    def compose(self) -> ComposeResult:
        rows = Numbers("rows")
        rows.words = {}
        yield rows

    def on_mount(self) -> None:
        self.query_one(Numbers).put([f"{n:04}" for n in range(1000)], WIDTHS)


def line(rows: Numbers, row: int) -> str:
    """Row `row` in full, by the words of the docstrings alone."""
    key = rows.keys[row]
    word = f"{rows.words.get(key, key)}!"[:30]
    return f" {key:6}  {key:>30}  {word:30} "


def seen(pilot: Pilot[None]) -> list[str]:
    """The lines in view, without the bars."""
    strips = pilot.app.screen._compositor.render_strips()
    width, height = pilot.app.query_one(Numbers).scrollable_content_region.size
    return [strip.text[:width] for strip in strips[:height]]


def expected(rows: Numbers) -> list[str]:
    """What is to be in view where it is scrolled to."""
    (x, y), width = rows.scroll_offset, rows.scrollable_content_region.width
    head = f" {'number':6}  {'right':30}  {'word':30} "
    every = [head, *(line(rows, row) for row in range(y, min(y + IN_VIEW, rows.row_count)))]
    return [each[x : x + width].ljust(width) for each in every]


async def test_what_is_in_view_is_what_stands_there() -> None:
    async with Rowed().run_test(size=(40, HEIGHT)) as pilot:
        rows = pilot.app.query_one(Numbers)
        at = {
            "down": (1, 0), "pagedown": (1 + IN_VIEW, IN_VIEW), "up": (IN_VIEW, IN_VIEW),
            "pageup": (0, 0), "ctrl+end": (999, 1000 - IN_VIEW), "end": (999, 1000 - IN_VIEW),
            "home": (999, 1000 - IN_VIEW), "ctrl+home": (0, 0),
        }  # fmt: skip
        for key, where in at.items():
            await pilot.press(key)
            assert (rows.cursor_row, rows.scroll_offset.y) == where, key
            assert rows.scroll_offset.x == (rows.max_scroll_x if key == "end" else 0), key
            assert seen(pilot) == expected(rows), key
        assert rows.max_scroll_x > 0
        assert rows.made < 100, "not those out of view"


async def test_only_a_row_that_changed_is_made_again() -> None:
    async with Rowed().run_test(size=(40, HEIGHT)) as pilot:
        rows = pilot.app.query_one(Numbers)
        await pilot.pause()
        made = rows.made
        rows.words = {"0003": "another", "0500": "out of view"}
        rows.put(rows.keys, WIDTHS)
        await pilot.pause()
        assert (rows.made, seen(pilot)) == (made + 1, expected(rows))
        rows.put(rows.keys[:2], WIDTHS)
        await pilot.pause()
        assert [each.strip() for each in seen(pilot)[3:]] == [""] * (len(seen(pilot)) - 3)


async def test_the_cursor_stays_on_a_row_that_is_there() -> None:
    async with Rowed().run_test(size=(40, HEIGHT)) as pilot:
        rows = pilot.app.query_one(Numbers)
        await pilot.press("ctrl+end")
        rows.put(rows.keys[:500], WIDTHS)
        await pilot.pause()
        assert rows.cursor_row == 499
        assert seen(pilot) == expected(rows)
        rows.put((), WIDTHS)
        await pilot.press("down", "up", "pagedown", "ctrl+end")
        assert (rows.cursor_row, rows.row_count) == (0, 0)


async def test_the_mouse_knows_row_and_column() -> None:
    async with Rowed().run_test(size=(40, HEIGHT)) as pilot:
        rows = pilot.app.query_one(Numbers)
        await pilot.press("pagedown", "end")
        right = rows.scroll_offset.x
        for x, y, row, column in ((37, 1, IN_VIEW, 2), (39 - right, 3, IN_VIEW + 2, 1)):
            await pilot.click(rows, offset=(x, y))
            assert rows.clicked == (row, column)
        await pilot.click(rows, offset=(40 - right, 0))
        assert rows.clicked == (None, 2)
        await pilot.hover(rows, offset=(30, 2))
        await pilot.pause()
        style = rows.get_component_rich_style("rows--hover")
        grounds = [
            {each.style.bgcolor for each in rows.render_line(y) if each.style} for y in range(4)
        ]
        assert [style.bgcolor in ground for ground in grounds] == [False, False, True, False]
        await pilot.press("down")
        assert style.bgcolor not in {s.style.bgcolor for s in rows.render_line(2) if s.style}
