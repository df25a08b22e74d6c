"""A page of a log on the screen: follows, is searched, and copied from.

Owns the line under the cursor, and where on the screen it stands while pages come and go. Announces
which page is wanted.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from graftui.results.figures import file_size
from graftui.tui.run.log import OUTPUT, SAID, Log, LogAsk
from graftui.tui.run.log_rows import Row, rows_of
from graftui.tui.text import Palette, palette

_NOTHING = {SAID: "Nothing said yet.", OUTPUT: "The process put out nothing."}


class LogView(ScrollView):
    """Lines, the one under the cursor marked."""

    BINDINGS = [
        Binding("down,j", "line(1)", "Down", show=False, id="run.log_down",
                tooltip="the line below"),
        Binding("up,k", "line(-1)", "Up", show=False, id="run.log_up", tooltip="the line above"),
        Binding("pagedown,ctrl+f", "screenful(1)", "Page down", show=False, id="run.log_page_down",
                tooltip="a screenful on"),
        Binding("pageup,ctrl+b", "screenful(-1)", "Page up", show=False, id="run.log_page_up",
                tooltip="a screenful back"),
        Binding("g,home", "top", "First line", show=False, id="run.log_first",
                tooltip="the first line of the log"),
        Binding("G,end", "follow", "Follow", key_display="G", id="run.log_last",
                tooltip="the last line, and those that come"),
        Binding("slash", "search", "Search", key_display="/", id="run.search",
                tooltip="search the whole log; n and N go to the next and to the one before"),
        Binding("n", "next(False)", "Next match", show=False, id="run.next",
                tooltip="the next line with the words that were searched"),
        Binding("N", "next(True)", "Match before", show=False, id="run.before",
                tooltip="the line before with the words that were searched"),
        Binding("v", "stream", "Output", id="run.stream",
                tooltip="what the run said, or the output of its process"),
        Binding("y", "copy(False)", "Copy", id="run.copy_line", tooltip="copy the line"),
        Binding("Y", "copy(True)", "Copy all", show=False, id="run.copy_all",
                tooltip="copy all lines of the page"),
    ]  # fmt: skip

    @dataclass
    class Wanted(Message):
        """Another page."""

        ask: LogAsk

    @dataclass
    class Described(Message):
        """Where in which file one is."""

        text: str

    class SearchWanted(Message):
        """Somebody is to type what to look for."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.log_page = Log(())
        self.words = ""
        """What was searched last."""
        self._asked = LogAsk()
        self._missed: LogAsk | None = None
        """The search that is known to have come to nothing."""
        self._line = 0
        """Number of the one under the cursor."""
        self._rows: list[Row] = []
        self._firsts: list[int] = []
        """Where in `_rows` each line begins."""
        self._colours: Palette = {}

    @property
    def following(self) -> bool:
        """Whether the end is what is in view."""
        return self.log_page.ask.at is None and self._line >= len(self.log_page.lines) - 1

    def show(self, page: Log) -> None:
        """A page, or what is new of it; the line under the cursor stays where it stands."""
        if page == self.log_page:
            return
        if page.ask.words and page.hit is None:
            self._miss(page.ask)
            return
        before, at_end = self.log_page, self.following or not self.log_page.lines
        height = self._row() - self.scroll_offset.y
        at = before.lines[self._line].at if before.lines else None
        self.log_page = page
        self._lay_out()
        if page.hit is not None and page.ask != before.ask:
            self._go(self._number(page.hit), self.size.height // 3)
        elif page.ask.at is None and (at_end or page.ask != before.ask):
            self._go(len(page.lines) - 1)
        elif before.ask.stream == page.ask.stream and at is not None:
            to = 0 if page.ask.at == 0 else self._number(at)
            self._go(to, height)

    def _number(self, at: int) -> int:
        """Of the line that begins there, or else the next one."""
        return bisect_left([line.at for line in self.log_page.lines], at)

    def forget(self) -> None:
        """Another run's log."""
        self.log_page, self._asked, self._missed = Log(()), LogAsk(), None
        self._line = 0
        self._lay_out()

    def on_resize(self, event: events.Resize) -> None:
        """Lines are as long as there is room."""
        height = None if self.following else self._row() - self.scroll_offset.y
        self._lay_out()
        self._go(self._line, height)

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        self._colours = {}
        super().notify_style_update()

    def _lay_out(self) -> None:
        width = max(20, self.scrollable_content_region.width)
        self._rows, self._firsts = [], []
        for number, line in enumerate(self.log_page.lines):
            self._firsts.append(len(self._rows))
            self._rows += rows_of(number, line, width)
        self.virtual_size = Size(self.size.width, len(self._rows))
        self.refresh()
        self.post_message(self.Described(self._described()))

    def _described(self) -> str:
        page = self.log_page
        what = "output of the process" if page.ask.stream == OUTPUT else "what the run said"
        words = [what, file_size(page.size)]
        if page.size and page.lines and not (page.first and page.last):
            at = page.lines[min(self._line, len(page.lines) - 1)].at
            words.append(f"at {100 * at / page.size:.0f} %")
        if page.ask.stream == SAID and page.output_size:
            words.append(f"v: output of the process, {file_size(page.output_size)}")
        if self.words:
            words.append(f"/{self.words}")
        words.append("follows" if self.following else "G: follow")
        return "   ".join(words)

    def _row(self) -> int:
        """Where the line under the cursor begins."""
        return self._firsts[self._line] if self._line < len(self._firsts) else 0

    def _go(self, number: int, height: int | None = None) -> None:
        """Put the cursor on a line, `height` rows below the top; None: wherever it is in view."""
        self._line = min(max(0, number), max(0, len(self.log_page.lines) - 1))
        row, top, high = self._row(), self.scroll_offset.y, self.size.height
        after = [*self._firsts, len(self._rows)][self._line + 1] if self._firsts else 0
        to = row - height if height is not None else min(max(top, after - high), row)
        to = min(to, len(self._rows) - high)
        self.scroll_to(y=max(0, to), animate=False, force=True)
        self.refresh()
        self.post_message(self.Described(self._described()))

    def _want(self, ask: LogAsk) -> None:
        if ask != self._asked:
            self._asked = ask
            self.post_message(self.Wanted(ask))

    # What keys do

    def action_line(self, by: int) -> None:
        """The next line; at an end of the page, the next page."""
        to, page = self._line + by, self.log_page
        self._go(to)
        if to < 0 and not page.first:
            self._want(LogAsk(page.ask.stream, page.lines[0].at))
        elif to >= len(page.lines) and not page.last:
            self._want(LogAsk(page.ask.stream, page.lines[-1].at))

    def action_screenful(self, by: int) -> None:
        """By rows, not by lines."""
        row = self._row() + by * max(1, self.size.height - 1)
        if 0 <= row < len(self._rows):
            self._go(self._rows[row].number)
        else:
            self.action_line(by * len(self._rows))

    def action_top(self) -> None:
        """Wherever that is."""
        if self.log_page.first:
            self._go(0)
        else:
            self._want(LogAsk(self.log_page.ask.stream, 0))

    def action_follow(self) -> None:
        """The end, and what comes."""
        if self.log_page.ask.at is not None or self.log_page.ask.words:
            self._want(LogAsk(self.log_page.ask.stream))
        else:
            self._go(len(self.log_page.lines))

    def action_stream(self) -> None:
        """The other one, from its end."""
        self._want(LogAsk(SAID if self.log_page.ask.stream == OUTPUT else OUTPUT))

    def action_search(self) -> None:
        """Ask for words."""
        self.post_message(self.SearchWanted())

    def look_for(self, words: str) -> None:
        """From the line under the cursor on towards the beginning: the last words are the news."""
        self.words = words
        if words:
            self.action_next(back=True)

    def action_next(self, back: bool) -> None:
        """The next line with the words."""
        page = self.log_page
        if self.words and page.lines:
            at = page.lines[self._line].at
            self._want(LogAsk(page.ask.stream, at, self.words, back))

    def _miss(self, ask: LogAsk) -> None:
        if ask != self._missed:
            self._missed = ask
            where = "before" if ask.back else "after"
            self.notify(f"No line {where} this one has {ask.words!r}.", severity="warning")

    def action_copy(self, all: bool) -> None:
        """The line under the cursor, or all of the page."""
        lines = self.log_page.lines if all else self.log_page.lines[self._line : self._line + 1]
        if lines:
            self.app.copy_to_clipboard("\n".join(line.text for line in lines))
            self.notify("Copied the line." if not all else f"Copied {len(lines):,} lines.")

    def on_click(self, event: events.Click) -> None:
        """The line that was pointed at."""
        row = event.y + self.scroll_offset.y
        if row < len(self._rows):
            self._go(self._rows[row].number)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """By the wheel: the cursor comes along, and at an end the next page."""
        super().watch_scroll_y(old_value, new_value)
        top = round(new_value)
        if not self._rows or self._asked != self.log_page.ask:
            return
        last = min(len(self._rows), top + self.size.height) - 1
        row = min(max(self._row(), top), last)
        if row != self._row():
            self._line = self._rows[row].number
        if new_value <= 0 < old_value and not self.log_page.first:
            self._want(LogAsk(self.log_page.ask.stream, self.log_page.lines[0].at))

    # What is seen

    def render_line(self, y: int) -> Strip:
        """A row of a line."""
        width, row = self.size.width, y + self.scroll_offset.y
        if not self._colours:
            self._colours = palette(self.app.theme_variables)
        ground = Style(bgcolor=self.background_colors[1].rich_color)
        muted = ground + Style(color=self._colours["text-muted"])
        if row >= len(self._rows):
            text = _NOTHING[self.log_page.ask.stream] if not self._rows and y == 0 else ""
            return Strip([Segment(text, muted)]).adjust_cell_length(width, ground)
        seen = self._rows[row]
        line = self.log_page.lines[seen.number]
        here = Style(reverse=True) if seen.number == self._line and self.has_focus else Style()
        style = ground + Style(color=self._colours["warning" if line.warning else "foreground"])
        parts = [Segment(seen.lead, muted + here), *self._matches(seen.text, style)]
        return Strip(parts).adjust_cell_length(width, ground)

    def _matches(self, text: str, style: Style) -> Iterator[Segment]:
        """What was searched stands out."""
        words, start = self.words.casefold(), 0
        folded = text.casefold() if words else ""
        while words and len(folded) == len(text) and (at := folded.find(words, start)) >= 0:
            yield Segment(text[start:at], style)
            yield Segment(text[at : at + len(words)], style + Style(reverse=True))
            start = at + len(words)
        yield Segment(text[start:], style)
