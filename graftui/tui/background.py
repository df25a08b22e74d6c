"""Blocking work in named worker threads. The one handler of what goes wrong in them.

What a user can do something about comes back as a Trouble message; a bug ends the dashboard with
its traceback. The runs go on either way. A result that comes when its screen was left is dropped.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen

from graftui.errors import UsageError, explain
from graftui.tui.messages import Trouble

_AGAIN_S = 0.1
_ONLY_LOOKS = UsageError(
    "This dashboard only looks.", "One that acts is opened by `graftui`, or `graftui serve`"
)


def leave(screen: Screen[Any], result: Any) -> None:
    """Dismiss `screen` when nothing lies on top of it; not if the user has left it already."""
    if screen.app.screen is screen:
        screen.dismiss(result)
    elif screen in screen.app.screen_stack:
        screen.set_timer(_AGAIN_S, partial(leave, screen, result))


def start(owner: DOMNode, name: str, job: Callable[[], Message], looks: bool = False) -> None:
    """Do `job` in a thread and post what it returns to `owner`: a screen, or the application, which
    hears of it even when that screen was left. `looks`: it changes nothing; a dashboard that is
    read-only does no other.
    """
    if getattr(owner.app, "read_only", False) and not looks:
        owner.post_message(Trouble(_ONLY_LOOKS))
        return

    def body() -> None:
        try:
            message = job()
        except Exception as exc:
            known = explain(exc)
            if known is None:
                raise
            message = Trouble(known)
        owner.post_message(message)

    owner.run_worker(body, name=name, group=name, exclusive=True, thread=True)
