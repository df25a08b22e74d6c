"""A line to type in, with what could come next in a list below it, and what was typed before.

One axis: up goes to older lines, down from them back to what was typed, and on into the list.
Announces that what it offers is to be found anew; knows neither queries nor tags.
"""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from graftui.registry.query.offers import Offer, Offers
from graftui.results.figures import counted
from graftui.text import visible
from graftui.tui.text import cut, data

_TITLE = 36
"""Cells of an offer, at most."""


class OfferList(OptionList, can_focus=False):
    """What could come next; the line that it belongs to has the keys."""

    DEFAULT_CSS = """
    OfferList { height: auto; max-height: 8; background: $surface; border: none; padding: 0 1; }
    OfferList:focus { border: none; }
    OfferList.-none { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(compact=True, classes="-none")
        self.shown = Offers()

    def show(self, offers: Offers) -> None:
        """Show others."""
        self.shown = offers
        self.set_class(not offers.offers, "-none")
        width = max((cell_len(_title(each)) for each in offers.offers), default=0)
        self.set_options(Option(_line(each, width)) for each in offers.offers)


def _title(offer: Offer) -> str:
    return cut(visible(offer.title), _TITLE)


def _line(offer: Offer, width: int) -> Content:
    title = data(set_cell_size(_title(offer), width))
    about = offer.about if offer.runs is None else counted(offer.runs)
    return Content.assemble(title, "   ", data(about, "$text-muted"))


class PlainInput(Input):
    """A line whose letters can all be seen, whatever is pasted into it."""

    def insert_text_at_cursor(self, text: str) -> None:
        """Those that nobody sees, by their numbers."""
        super().insert_text_at_cursor(visible(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """The same over what is selected."""
        super().replace(visible(text), start, end)


class CompletedInput(PlainInput):
    """Tab takes the offer that stands out, or the first; enter is the line as it is."""

    BINDINGS = [
        Binding("enter", "submit", "Done"),
        Binding("tab", "take", "Take"),
        Binding("down", "newer", "List"),
        Binding("up", "older", "Used before"),
    ]

    class Edited(Message):
        """The line or the place in it is another: what could come next?"""

    class Below(Message):
        """Down, and there is nothing more below the line."""

    def __init__(
        self, offers: OfferList, value: str = "", placeholder: str = "", id: str | None = None
    ) -> None:
        super().__init__(value, placeholder, compact=True, id=id, select_on_focus=False)
        self.history: Sequence[str] = ()
        """What was typed before, newest first."""
        self._list = offers
        self._at = 0
        """0: what was typed; -2: the second line of the history; 2: the second offer."""
        self._typed = value
        self._recalled = ""
        self._wants = False
        """Tab was pressed before there was an offer for the line as it is."""

    def offer(self, offers: Offers) -> None:
        """What could come next; of another state of the line it is no use."""
        if offers.line != self.value or offers == self._list.shown:
            return
        self._list.show(offers)
        if self._at > 0:
            self._at = 0
        if self._wants and offers.offers:
            self.take(offers.offers[0])
        self._wants = False

    def take(self, offer: Offer) -> None:
        """Put it into the line."""
        line, cursor = self._list.shown.taken(offer)
        self.value = line
        self.cursor_position = cursor
        self._list.show(Offers(line))

    def watch_value(self, value: str) -> None:
        """By keys, by an offer, or by what was typed before."""
        if value != self._recalled:
            self._at, self._typed = 0, value
        self._wants = False
        self.post_message(self.Edited())

    def watch_selection(self) -> None:
        """The cursor is elsewhere; it moves after the letters came."""
        self.post_message(self.Edited())

    def _stale(self) -> bool:
        return self._list.shown.line != self.value

    def action_take(self) -> None:
        """Take the offer."""
        offers = () if self._stale() else self._list.shown.offers
        if offers:
            self.take(offers[max(self._at, 1) - 1])
        else:
            self._wants = self._stale()

    def action_cursor_right(self, select: bool = False) -> None:
        """At the end, an offer that was gone to is taken."""
        if self._at > 0 and not select and self.cursor_position == len(self.value):
            self.action_take()
        else:
            super().action_cursor_right(select)

    async def action_submit(self) -> None:
        """The line as it is; where an offer was gone to, that is taken first."""
        if self._at > 0 and not self._stale():
            self.action_take()
        else:
            await super().action_submit()

    def action_older(self) -> None:
        """Up."""
        if -self._at < len(self.history):
            self._go(self._at - 1)

    def action_newer(self) -> None:
        """Down."""
        if self._at < (0 if self._stale() else len(self._list.shown.offers)):
            self._go(self._at + 1)
        elif self._at <= 0:
            self.post_message(self.Below())

    def _go(self, at: int) -> None:
        was, self._at = self._at, at
        self._list.highlighted = at - 1 if at > 0 else None
        if min(at, was) < 0:
            line = self.history[-at - 1] if at < 0 else self._typed
            self._recalled = line
            self.value = line
            self.cursor_position = len(line)
