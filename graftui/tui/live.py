"""A screen whose questions the reader answers for as long as it is open."""

from collections.abc import Sequence
from typing import Any, TypeVar

from textual.screen import ModalScreen, Screen

from graftui.settings import Settings
from graftui.tui.feed import Question
from graftui.tui.reader import Reader

R = TypeVar("R")


class LiveScreen(Screen[R]):
    """Asks when it is opened or looks at something else; under a dialog it stays live."""

    def __init__(
        self, settings: Settings, reader: Reader, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.settings = settings
        self.reader = reader

    def asks(self) -> Sequence[Question[Any]]:
        """What it shows, as questions."""
        raise NotImplementedError

    def advanced(self) -> None:
        """There are new answers: `reader.answer` has them."""
        raise NotImplementedError

    def chosen(self) -> Sequence[str]:
        """Ids of the runs that a verb here is about."""
        return ()

    def ask(self) -> None:
        """Have its questions answered, if it is open."""
        if self._uppermost() is self:
            self.reader.ask(*self.asks())

    def on_screen_resume(self) -> None:
        """It lies on top, for the first time or again: what is known is shown at once."""
        self.ask()
        self.advanced()

    def on_screen_suspend(self) -> None:
        """What hides it asks for itself, or has nothing to ask."""
        if not isinstance(self._uppermost(), LiveScreen):
            self.reader.ask()

    def _uppermost(self) -> Screen[Any] | None:
        """The screen that is seen as a whole, dialogs on it aside."""
        screens = reversed(self.app.screen_stack)
        return next((s for s in screens if not isinstance(s, ModalScreen)), None)
