"""Rows of one line under a head that stays, in columns that have their width; the cursor is a row.

Owns the cursor, and how a row is drawn. What stands in a row is made when it is drawn, by who
inherits: a thousand of them cost what is in view. Textual's DataTable makes and measures them all.
"""

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from graftui.terminal import Text

_PADDING = 1
"""Cells at each side of a column."""


class Rows(ScrollView, can_focus=True):
    """A row a key, which is the same for as long as it is the same thing."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"rows--head", "rows--cursor", "rows--hover"}
    DEFAULT_CSS = """
    Rows {
        background: $background;
        & > .rows--head { background: $background; color: $text-muted; }
        & > .rows--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        & > .rows--hover { background: $surface; }
        &:focus > .rows--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
    }
    """
    BINDINGS = [
        Binding("up", "cursor_up", show=False),
        Binding("down", "cursor_down", show=False),
        Binding("pageup", "cursor_by(-1)", show=False),
        Binding("pagedown", "cursor_by(1)", show=False),
        Binding("ctrl+home", "scroll_top", show=False),
        Binding("ctrl+end", "scroll_bottom", show=False),
    ]

    cursor_row: reactive[int] = reactive(0, repaint=False)

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.keys: tuple[str, ...] = ()
        """Of the rows, from the top."""
        self._widths: tuple[int, ...] = ()
        self._hover: int | None = None
        self._painted: dict[int, object] = {}
        """Row -> what it was last made from."""

    # What there is to show

    def cells(self, key: str) -> Sequence[Text]:
        """What stands in a row, a cell a column: made anew."""
        raise NotImplementedError

    def head(self) -> Sequence[Text]:
        """What stands over the columns."""
        raise NotImplementedError

    def made_from(self, key: str) -> object:
        """What is another whenever a row's cells are others."""
        raise NotImplementedError

    def put(self, keys: Sequence[str], widths: Sequence[int]) -> None:
        """These rows, in columns of so many cells: only those that changed are drawn anew."""
        self.keys = tuple(keys)
        if tuple(widths) != self._widths:
            self._widths = tuple(widths)
            self.refresh()
        size = Size(sum(self._widths) + 2 * _PADDING * len(self._widths), 1 + len(self.keys))
        if size != self.virtual_size:
            self.virtual_size = size
        top = self.scroll_offset.y
        for row in range(top, min(top + self._height, len(self.keys))):
            if self._painted.get(row) != self.made_from(self.keys[row]):
                self.refresh_line(row + 1)
        self.cursor_row = min(self.cursor_row, len(self.keys) - 1)

    @property
    def row_count(self) -> int:
        """How many there are."""
        return len(self.keys)

    def get_row_index(self, key: str) -> int:
        """Where it stands. Raises ValueError."""
        return self.keys.index(key)

    @property
    def _height(self) -> int:
        """Rows that there is room for."""
        return max(1, self.scrollable_content_region.height - 1)

    # The cursor

    def validate_cursor_row(self, row: int) -> int:
        """There is a row there, if there are any."""
        return max(0, min(row, len(self.keys) - 1))

    def watch_cursor_row(self, before: int, row: int) -> None:
        """Both are drawn anew, and it is in view."""
        for changed in (before, row):
            self.refresh_line(changed + 1)
        self._follow()

    def _follow(self) -> None:
        if not self.size.height:  # it has none yet; a resize comes with it
            return
        top, row = self.scroll_offset.y, self.cursor_row
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + self._height:
            self.scroll_to(y=row - self._height + 1, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        """In a lower one the cursor may be out of view."""
        self._follow()

    def action_cursor_up(self) -> None:
        """The row above."""
        self._point(None)
        self.cursor_row -= 1

    def action_cursor_down(self) -> None:
        """The row below."""
        self._point(None)
        self.cursor_row += 1

    def action_cursor_by(self, screens: int) -> None:
        """As many rows as are in view."""
        self._point(None)
        by = screens * self._height
        self.scroll_relative(y=by, animate=False, force=True)
        self.cursor_row += by

    def action_scroll_top(self) -> None:
        """The first row."""
        self._point(None)
        self.cursor_row = 0

    def action_scroll_bottom(self) -> None:
        """The last row."""
        self._point(None)
        self.cursor_row = len(self.keys) - 1

    def action_scroll_home(self) -> None:
        """The first column."""
        self.scroll_x = 0

    def action_scroll_end(self) -> None:
        """The last column."""
        self.scroll_x = self.max_scroll_x

    # The mouse

    def under(self, event: events.MouseEvent) -> int | None:
        """The row there; None: there is none, or it is the head."""
        row = event.y - 1 + self.scroll_offset.y
        return row if event.y > 0 and row < len(self.keys) else None

    def column_under(self, event: events.MouseEvent) -> int | None:
        """The column there; None: there is none."""
        left = event.x + self.scroll_offset.x
        for number, width in enumerate(self._widths):
            left -= width + 2 * _PADDING
            if left < 0:
                return number
        return None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The row under it stands out."""
        self._point(self.under(event))

    def on_leave(self) -> None:
        """None does."""
        self._point(None)

    def _point(self, row: int | None) -> None:
        if row != self._hover:
            for changed in (self._hover, row):
                if changed is not None:
                    self.refresh_line(changed + 1)
            self._hover = row

    # What is seen

    def render_line(self, y: int) -> Strip:
        """The head, or a row."""
        left, width = self.scroll_offset.x, self.size.width
        row = y - 1 + self.scroll_offset.y
        if y == 0:
            style = after = self.get_component_rich_style("rows--head")
            segments = self._drawn(self.head())
        elif row < len(self.keys):
            key = self.keys[row]
            self._painted[row] = self.made_from(key)
            style, after = self._styles(row)
            segments = self._drawn(self.cells(key))
        else:
            return Strip.blank(width, self.rich_style)
        strip = Strip(Segment.apply_style(segments, style, after))
        return strip.crop_extend(left, left + width, style + after).simplify()

    def _styles(self, row: int) -> tuple[Style, Style]:
        """Of a row, below and above those of its cells. In the terminal's own colours, of which any
        may be the cursor's ground, the cells under it have the cursor's ink.
        """
        if row == self.cursor_row:
            own = self.get_component_rich_style("rows--cursor")
            ink = own.color if self.app.native_ansi_color else None
        elif row == self._hover:
            own, ink = self.get_component_rich_style("rows--hover"), None
        else:
            return self.rich_style, Style.null()
        return self.rich_style + own, Style(color=ink, bgcolor=own.bgcolor)

    def _drawn(self, cells: Sequence[Text]) -> Iterator[Segment]:
        """Each in as many cells as its column has, and a gap at both sides."""
        console = self.app.console
        for text, width in zip(cells, self._widths, strict=True):
            text.truncate(width)
            length = text.cell_len
            right = _PADDING + (0 if text.justify == "right" else width - length)
            left = width + 2 * _PADDING - length - right
            # Rich leaves the text's own style to its caller where no part has another.
            if not text.spans:
                padded = f"{' ' * left}{text.plain}{' ' * right}"
                yield Segment(padded, console.get_style(text.style))
                continue
            yield Segment(" " * left)
            yield from (each for each in text.render(console) if each.text)
            yield Segment(" " * right)
