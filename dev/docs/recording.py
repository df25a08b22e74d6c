"""A session of the dashboard as a recording that `asciinema play` shows (asciicast, version 2).

The dashboard runs in a terminal of its own here; keys are pressed at their times, and what it
draws is written down. No pause is longer than a reader needs.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

COLUMNS, LINES = 100, 28
KEYS = (
    ("rows", 3.0, "jj"), ("groups over seeds, unfolded", 1.5, "B+"), ("rows again", 2.5, "B"),
    ("a filter", 1.5, "/graft>90\r"), ("a run", 2.0, "g\r"), ("its curves", 2.0, "2lll"),
    ("its map", 2.0, "7jll"), ("all runs", 2.0, "R\x1f"), ("sweeps", 2.0, "S"), ("one", 1.5, "\r"),
    ("its figures", 1.5, "vjjl"), ("the queue", 2.5, "Q"), ("the keys", 2.0, "?"),
    ("back", 2.0, "\x1b"), ("out", 1.5, "Rq"),
)  # fmt: skip
"""What is seen, seconds until then, and what is pressed for it."""
_TYPING_S = 0.4
"""Seconds between two keys."""
_DRAWN = 5_000
"""Bytes after which the first screen is there."""
_LONGEST_S = 2.0
"""Of a pause."""


def record(command: list[str], folder: Path) -> Iterator[tuple[float, bytes]]:
    """What `command` draws in `folder` as KEYS are pressed: seconds from the start, and bytes."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC",
                       "XDG_STATE_HOME": str(folder / "state")}  # fmt: skip
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    began, count = time.monotonic(), 0
    while count < _DRAWN:
        drawn = os.read(terminal, 65536)
        count += len(drawn)
        yield time.monotonic() - began, drawn
    for pause_s, key in _pressed():
        until = time.monotonic() + pause_s
        while (left_s := until - time.monotonic()) > 0:
            if select.select([terminal], [], [], left_s)[0]:
                yield time.monotonic() - began, os.read(terminal, 65536)
        os.write(terminal, key.encode())
    while True:
        try:
            drawn = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not drawn:
            break
        yield time.monotonic() - began, drawn
    os.waitpid(child, 0)


def _pressed() -> Iterator[tuple[float, str]]:
    """Seconds of a pause, and the key that ends it."""
    for _, pause_s, keys in KEYS:
        yield pause_s, keys[0]
        yield from ((_TYPING_S, key) for key in keys[1:])


def cast(drawn: Iterator[tuple[float, bytes]]) -> str:
    """The recording, its long pauses made shorter."""
    head = {"version": 2, "width": COLUMNS, "height": LINES, "title": "graftui",
            "env": {"TERM": "xterm-256color"}}  # fmt: skip
    lines, at_s, before_s, rest = [json.dumps(head)], 0.0, 0.0, b""
    for seconds, new in drawn:
        at_s += min(seconds - before_s, _LONGEST_S)
        before_s = seconds
        text, rest = _whole(rest + new)
        lines.append(json.dumps([round(at_s, 3), "o", text], ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _whole(data: bytes) -> tuple[str, bytes]:
    """As text; a letter that is not whole yet is kept for later."""
    for end in range(len(data), max(0, len(data) - 4), -1):
        try:
            return data[:end].decode(), data[end:]
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace"), b""


def write(folder: Path, out: Path) -> None:
    """A session with the study in `folder`."""
    graftui = Path(sys.executable).parent / "graftui"
    out.write_text(cast(record([str(graftui), "--fps", "10"], folder)), encoding="utf-8")
    print(out, flush=True)
