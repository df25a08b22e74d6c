"""Blocking work in named worker threads. The one handler of what goes wrong in them.

What a user can do something about comes back as a Trouble message; a bug ends the dashboard with
its traceback. The runs go on either way.
"""

from collections.abc import Callable
from typing import Any

from textual.message import Message
from textual.screen import Screen

from graftui.errors import explain
from graftui.tui.messages import Trouble


def start(screen: Screen[Any], name: str, job: Callable[[], Message]) -> None:
    """Do `job` in a thread and post what it returns to `screen`."""

    def body() -> None:
        try:
            message = job()
        except Exception as exc:
            known = explain(exc)
            if known is None:
                raise
            message = Trouble(known)
        screen.post_message(message)

    screen.run_worker(body, name=name, group=name, exclusive=True, thread=True)
