"""Word to a user who does something else meanwhile: that what was waited for has ended.

On a terminal a bell, and the two sequences by which terminals show a notice of their own, OSC 9 and
OSC 777. Beside that a short JSON to where the user's own configuration says, and to nobody where
it says nothing:

    ~/.config/graftui/graftui.toml
    [notify]
    ntfy = "https://ntfy.sh/a-topic-of-mine"
    webhook = "https://example.org/hook"

Owns that only what was asked for with --notify is told, and only there: the graftui.toml of a
working folder, which may be somebody else's, has no say in it. What cannot be sent is a line of
warning, and changes nothing of how the command ends.
"""

import http.client
import json
import os
import re
import sys
import threading
import tomllib
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit, urlunsplit

from graftui import trust
from graftui.cli.common import say
from graftui.errors import RunCancelled, RunFailed, UsageError
from graftui.kinds import main_figure
from graftui.models import Run
from graftui.results.figures import counted, percent
from graftui.text import visible

NAMES = ("ntfy", "webhook")
_PATIENCE_S = 5.0
_ENDS = {RunFailed: "failed", RunCancelled: "cancelled"}


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notices are sent."""

    name: str
    """One of NAMES."""
    url: str

    def request(self, title: str, message: str, status: str) -> urllib.request.Request:
        """What is sent. Raises ValueError for what is no address."""
        told = {"title": title, "message": message, "status": status}
        url = self.url
        if self.name == "ntfy":  # its topic is named in what is sent, to the server's root
            parts = urlsplit(url)
            root, _, topic = parts.path.rstrip("/").rpartition("/")
            url = urlunsplit((parts.scheme, parts.netloc, f"{root}/", "", ""))
            told = {"topic": topic, "title": title, "message": message}
        body = json.dumps(told).encode()
        return urllib.request.Request(url, body, {"Content-Type": "application/json"})


def channels() -> list[Channel]:
    """What the user's own configuration says. Raises UsageError."""
    path = trust.user_folder() / "graftui.toml"
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.", "Correct that line.") from error
    table = file.get("notify", {})
    if not isinstance(table, dict) or file.keys() - {"notify"}:
        raise UsageError(f"{path} has one table, [notify].", "Take the rest out.")
    return [_channel(path, name, url) for name, url in table.items()]


def _channel(path: Path, name: str, url: Any) -> Channel:
    if name not in NAMES:
        known = " and ".join(NAMES)
        raise UsageError(f"{path}: [notify] has no {name!r}.", f"It has {known}.")
    web = isinstance(url, str) and re.fullmatch(r"https?://[^/\s]+(/\S*)?", url)
    if not web or (name == "ntfy" and not urlsplit(url).path.strip("/")):
        like = "https://ntfy.sh/a-topic" if name == "ntfy" else "https://example.org/hook"
        raise UsageError(f"{path}: {name} = {url!r} is no such address.", f"Such as {like}.")
    return Channel(name, url)


def check(wanted: bool, detach: bool) -> None:
    """Raises UsageError where nobody would wait for the end, or the configuration is no use."""
    if wanted and detach:
        raise UsageError(
            "--notify waits for the end, and --detach does not.",
            "Use --after COMMAND, which is called by itself, or `graftui watch last --notify`.",
        )
    if wanted:
        channels()


@contextmanager
def told_at_end(wanted: bool, what: str) -> Iterator[Callable[[str], None]]:
    """If `wanted`, tell how the block ends; what it calls with is said of a good end.

    Ctrl-C, and what was refused, is known to whoever sits there. Raises UsageError for a
    configuration that cannot be used.
    """
    there = channels() if wanted else []
    said: list[str] = []
    try:
        yield said.append
    except (RunFailed, RunCancelled) as error:
        if wanted:
            tell(there, what, error.message, _ENDS[type(error)])
        raise
    if wanted:
        tell(there, what, "; ".join(said) or "finished", "finished")


def tell(there: Sequence[Channel], what: str, message: str, status: str) -> None:
    """Ring, and send to each of the channels."""
    title, message = visible(f"graftui: {what}"), visible(message)
    if stream := next((each for each in (sys.stderr, sys.stdout) if each.isatty()), None):
        ring(stream, title, message)
    for channel in there:
        if trouble := _trouble(channel, title, message, status):
            say(f"the notice could not be sent to {channel.name}: {visible(trouble)}")


def _trouble(channel: Channel, title: str, message: str, status: str) -> str:
    """Send it; why that could not be done, empty: it was.

    By a thread that nobody waits for any longer: urllib's own timeout is for each read alone, and
    no bound to a name server.
    """
    said = ["timed out"]

    def send() -> None:
        try:
            request = channel.request(title, message, status)
            with urllib.request.urlopen(request, timeout=_PATIENCE_S):
                said[0] = ""
        except (OSError, ValueError, http.client.HTTPException) as error:
            said[0] = str(error) or type(error).__name__

    sending = threading.Thread(target=send, daemon=True)
    sending.start()
    sending.join(_PATIENCE_S)
    return said[0]


def ring(stream: TextIO, title: str, message: str) -> None:
    """Bell, and notices; through tmux to the terminal that it runs in."""
    whole = f"\x1b]9;{title}: {message}\x07"
    parts = f"\x1b]777;notify;{title.replace(';', ',')};{message}\x07"
    if os.environ.get("TMUX"):
        whole, parts = (
            "\x1bPtmux;" + each.replace("\x1b", "\x1b\x1b") + "\x1b\\" for each in (whole, parts)
        )
    stream.write(f"\a{whole}{parts}")
    stream.flush()


def ended(runs: Sequence[Run]) -> str:
    """How many runs finished, with the main figure of the last."""
    figure = main_figure(runs[-1].kind, runs[-1].summary) if runs else None
    return f"{counted(len(runs))} finished" + (
        f", {percent(figure)} %" if figure is not None else ""
    )
