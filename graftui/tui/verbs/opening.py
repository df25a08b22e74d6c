"""Going on with what a job came to, unless the user leaves meanwhile."""

from collections.abc import Callable
from typing import Any, TypeVar

from textual.message import Message

from graftui.tui.dialogs.opening import OpeningScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Trouble

Came = TypeVar("Came", bound=Message)
"""What a job came to."""


def opening(
    screen: LiveScreen[Any], what: str, job: Callable[[], Came], then: Callable[[Came], None]
) -> None:
    """Do `job`, then go on with what it came to."""

    def opened(result: Came | Trouble | None) -> None:
        if isinstance(result, Trouble):
            screen.post_message(result)
        elif result is not None:
            then(result)

    screen.app.push_screen(OpeningScreen[Came](what, job), opened)
