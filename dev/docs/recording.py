"""A session of the dashboard as a recording that `asciinema play` shows (asciicast, version 2).

The dashboard runs in a tmux of its own; keys are pressed at their times, and the lines that have
changed since the last look are written down: a small file, however much was drawn.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

COLUMNS, LINES = 90, 26
KEYS = (
    ("rows", 2.0, "jj"), ("groups over seeds", 2.0, "B"), ("rows again", 3.0, "B"),
    ("a run", 1.5, "jjjjj\r"), ("its curves", 2.0, "2ll"), ("its map", 2.5, "7j"),
    ("all runs", 2.0, "R"), ("sweeps", 1.5, "S"), ("one", 1.5, "\r"), ("its figures", 2.0, "vj"),
    ("the queue", 2.5, "Q"), ("out", 3.0, "Rq"),
)  # fmt: skip
"""What is seen, seconds until then, and what is pressed for it."""
_TYPING_S = 0.5
"""Seconds between two keys."""
_LOOK_S = 0.2
_TMUX = ("tmux", "-L", "graftui-docs")


def write(folder: Path, out: Path) -> None:
    """A session with the study in `folder`. Raises RuntimeError where there is no tmux."""
    if shutil.which("tmux") is None:
        raise RuntimeError(
            "A session is recorded in tmux, which is not here: apt-get install tmux."
        )
    own = {**os.environ, "TZ": "UTC", "XDG_STATE_HOME": str(folder / "state")}
    graftui = str(Path(sys.executable).parent / "graftui")
    size = ("-x", str(COLUMNS), "-y", str(LINES))
    subprocess.run([*_TMUX, "new", "-d", *size, graftui], cwd=folder, env=own, check=True)
    try:
        head = {"version": 2, "width": COLUMNS, "height": LINES, "title": "graftui",
                "env": {"TERM": "xterm-256color"}}  # fmt: skip
        lines = [json.dumps(each, ensure_ascii=False) for each in (head, *_changes(_looks()))]
    finally:
        subprocess.run([*_TMUX, "kill-server"], check=False, stderr=subprocess.DEVNULL)
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(out, flush=True)


def _looks() -> Iterator[tuple[float, list[str]]]:
    """Seconds since the first screen, and the lines that one sees then, while KEYS are pressed."""
    while not any(line.strip() for line in _seen()):
        time.sleep(_LOOK_S)
    began = time.monotonic()
    for pause_s, key in _pressed():
        until = time.monotonic() + pause_s
        while time.monotonic() < until:
            yield time.monotonic() - began, _seen()
            time.sleep(_LOOK_S)
        name = {"\r": "Enter"}.get(key, key)
        subprocess.run([*_TMUX, "send-keys", name], check=True)


def _seen() -> list[str]:
    """The lines of the screen, with their colours."""
    shown = subprocess.run([*_TMUX, "capture-pane", "-e", "-p"], capture_output=True, text=True)
    return shown.stdout.split("\n")[:LINES]


def _pressed() -> Iterator[tuple[float, str]]:
    """Seconds of a pause, and the key that ends it."""
    for _, pause_s, keys in KEYS:
        yield pause_s, keys[0]
        yield from ((_TYPING_S, key) for key in keys[1:])


def _changes(looks: Iterator[tuple[float, list[str]]]) -> Iterator[tuple[float, str, str]]:
    """What to draw, and when: each line that is another one."""
    before = [""] * LINES
    for seconds, lines in looks:
        changed = [n for n, line in enumerate(lines) if line != before[n]]
        if changed:
            text = "".join(f"\x1b[{n + 1}H\x1b[0m{lines[n]}\x1b[K" for n in changed)
            yield round(seconds, 2), "o", f"\x1b[?25l{text}"
        before = lines + [""] * (LINES - len(lines))
