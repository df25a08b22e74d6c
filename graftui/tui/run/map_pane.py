"""The tab of the map: where the weights of a graft lie, layers by modules, a cell at a time."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from graftui.models import Run
from graftui.results.heat import HeatMap
from graftui.results.maps import RunMap, about
from graftui.show.heat import SHADES, legend
from graftui.text import visible
from graftui.tui.run.feed import Detail
from graftui.tui.run.pane import Pane
from graftui.tui.text import Palette, data, palette

_COLOURS = ("text-disabled", "primary", "accent", "warning", "error")
"""By level."""
_WITH_SHARE = 13
"""Cells of a column that has its shares in figures, as long as 1.234e-05."""
_LABEL = 32
"""Cells of a module's name, at most."""


class MapView(ScrollView):
    """A cell a layer and module; the one under the cursor is told about."""

    BINDINGS = [
        Binding("left,h", "move(0, -1)", show=False),
        Binding("right,l", "move(0, 1)", show=False),
        Binding("up,k", "move(-1, 0)", show=False),
        Binding("down,j", "move(1, 0)", show=False),
        Binding("g,home", "move(-1000, 0)", show=False),
        Binding("G,end", "move(1000, 0)", show=False),
        Binding("right_square_bracket", "graft(1)", "Sparsity", key_display="[ ]",
                id="run.graft_after", tooltip="the next graft of the run: another sparsity"),
        Binding("left_square_bracket", "graft(-1)", "Graft before", show=False,
                id="run.graft_before", tooltip="the graft before"),
        Binding("y", "copy", "Copy", show=False, id="run.copy_cell",
                tooltip="copy what is said of the cell"),
    ]  # fmt: skip

    class Moved(Message):
        """The cursor, or the graft, is another."""

    def __init__(self) -> None:
        super().__init__()
        self.run_map: RunMap | None = None
        self.number = 0
        """Of the graft."""
        self.heat = HeatMap("", (), (), ())
        self._chosen_by = ""
        self._cell = (0, 0)
        """Row and column."""
        self._colours: Palette = {}

    def look(self, run: Run, located: RunMap | None) -> None:
        """Another run's, or a newer one."""
        if located == self.run_map:
            return
        self.run_map, self._cell = located, (0, 0)
        self._chosen_by = str(run.config.get("localizer", ""))
        self.number = about(run, located) if located and located.grafts else 0
        self._draw()

    def _draw(self) -> None:
        if self.run_map and self.run_map.grafts:
            self.heat = self.run_map.heat(self.run_map.grafts[self.number], "")
        else:
            self.heat = HeatMap("", (), (), ())
        width = self._label + self._wide * len(self.heat.columns)
        self.virtual_size = Size(width, 1 + len(self.heat.rows))
        self.refresh()
        self.post_message(self.Moved())

    @property
    def title(self) -> str:
        """Which graft it is, and of how many."""
        if not (self.run_map and self.run_map.grafts):
            return ""
        grafts = self.run_map.grafts
        graft, several = grafts[self.number], len(grafts) > 1
        of = f"   {self.number + 1} of {len(grafts)}: [ ] for the others" if several else ""
        return f"{graft.title(self._chosen_by, several)}   {graft.weights:,} weights{of}"

    @property
    def told(self) -> str:
        """What there is to say of the cell under the cursor."""
        if not (self.run_map and self.heat.rows):
            return ""
        row, column = self._cell
        module, layer = self.run_map.modules[row], self.run_map.layers[column]
        where = f"{module}   {'no layer' if layer is None else f'layer {layer}'}"
        cell = self.run_map.at(self.run_map.grafts[self.number], module, layer)
        if cell is None:
            return f"{where}   no such module"
        than = cell.enrichment
        times = "" if than is None else f"   {than:.3g} x as many as by chance"
        share = f"{100 * cell.share:.3g} %"
        return f"{where}   {cell.weights:,} of {cell.size:,} weights, {share}{times}"

    @property
    def _wide(self) -> int:
        """Cells of a column: as many as its shares need, if there is room."""
        least = 2 + max((cell_len(name) for name in self.heat.columns), default=1)
        room = (self.size.width - self._label) // max(1, len(self.heat.columns))
        return max(least, _WITH_SHARE) if room >= _WITH_SHARE else least

    @property
    def _label(self) -> int:
        longest = max((cell_len(visible(name)) for name in self.heat.rows), default=0)
        return min(_LABEL, longest) + 1

    def action_move(self, down: int, right: int) -> None:
        """Within the map."""
        row = min(max(0, self._cell[0] + down), max(0, len(self.heat.rows) - 1))
        column = min(max(0, self._cell[1] + right), max(0, len(self.heat.columns) - 1))
        self._point(row, column)

    def _point(self, row: int, column: int) -> None:
        self._cell = row, column
        left = self._label + column * self._wide
        self.scroll_to_region(Region(left, row, self._wide, 2), animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved())

    def action_graft(self, by: int) -> None:
        """Round and round."""
        if self.run_map and self.run_map.grafts:
            self.number = (self.number + by) % len(self.run_map.grafts)
            self._draw()

    def action_copy(self) -> None:
        """To the clipboard."""
        if text := self.told:
            self.app.copy_to_clipboard(f"{self.title}: {text}")
            self.notify("Copied what is said of the cell.")

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for more."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """The cell that was pointed at."""
        row = event.y + self.scroll_offset.y - 1
        column = (event.x + self.scroll_offset.x - self._label) // self._wide
        if 0 <= row < len(self.heat.rows) and 0 <= column < len(self.heat.columns):
            self._point(row, column)

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Headings first, they stay; then a module a line."""
        if not self._colours:
            self._colours = palette(self.app.theme_variables)
        ground = Style(bgcolor=self.background_colors[1].rich_color)
        left, width = self.scroll_offset.x, self.size.width
        row = y - 1 + self.scroll_offset.y
        if y and row >= len(self.heat.rows):
            return Strip.blank(width, ground)
        parts = self._headings(ground) if y == 0 else self._row(row, ground)
        label, rest = parts[:1], Strip(parts[1:])
        seen = rest.crop(left, left + width - self._label)
        return Strip.join([Strip(label), seen]).adjust_cell_length(width, ground)

    def _headings(self, ground: Style) -> list[Segment]:
        muted = ground + Style(color=self._colours["text-muted"])
        here = ground + Style(color=self._colours["accent"], bold=True)
        parts = [Segment(" " * self._label, ground)]
        for number, name in enumerate(self.heat.columns):
            parts.append(
                Segment(name.rjust(self._wide), here if number == self._cell[1] else muted)
            )
        return parts

    def _row(self, row: int, ground: Style) -> list[Segment]:
        meant = row == self._cell[0]
        label = Style(color=self._colours["accent" if meant else "text-muted"], bold=meant)
        name = set_cell_size(visible(self.heat.rows[row]), self._label - 1) + " "
        parts = [Segment(name, ground + label)]
        for column, amount in enumerate(self.heat.cells[row]):
            level = self.heat.level(amount)
            shade = " " if level is None else SHADES[level]
            colour = Style() if level is None else Style(color=self._colours[_COLOURS[level]])
            cell = ground + colour
            if meant and column == self._cell[1]:
                cell += Style(reverse=True)
                shade = shade if shade.strip() else "·"
            text = shade * (self._wide - 1)
            if self._wide >= _WITH_SHARE and amount:
                text = f"{shade * 2} {self.heat.axis.label(amount):>{self._wide - 4}}"
            parts += [Segment(" ", ground), Segment(text, cell)]
        return parts


class MapPane(Pane):
    """Which graft, its map, what the shades mean, the cell under the cursor."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(classes="note", id="map-title")
        yield MapView()
        yield Static(classes="note", id="map-scale")
        yield Static(classes="note", id="map-cell")

    def inside(self) -> MapView:
        """The cells."""
        return self.query_one(MapView)

    def show(self, detail: Detail) -> None:
        """The map, or why there is none."""
        self.inside().look(detail.run, detail.map)
        if detail.map is None or not detail.map.grafts:
            text = detail.trouble or "No map: a graft writes it when it has ended."
            self.query_one("#map-title", Static).update(data(f" {text}", "$text-muted"))

    def on_map_view_moved(self, event: MapView.Moved) -> None:
        """Say where one is."""
        event.stop()
        view = self.inside()
        if view.heat.rows:
            self.query_one("#map-title", Static).update(data(f" {view.title}", "bold"))
            self.query_one("#map-scale", Static).update(_scale(view.heat))
        else:
            self.query_one("#map-scale", Static).update("")
        self.query_one("#map-cell", Static).update(data(f" {view.told}"))


def _scale(heat: HeatMap) -> Content:
    pieces: list[Content | tuple[str, str]] = []
    for (shade, words), colour in zip(legend(heat), _COLOURS, strict=False):
        pieces += [(f" {shade * 2}", f"${colour}"), data(f" {words}  ", "$text-muted")]
    return Content.assemble(*pieces)
