"""A real browser: opens what `graftui serve` says, starts a run, sees its curve."""

import re
import shutil
import signal
import sqlite3
import time
from typing import Any

import pytest

from tests.cli.workplace import Workplace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PORT = "18642"
WAIT_S = 90.0


def address_of(server: Any) -> str:
    found = re.search(r"http://\S+", server.stdout.readline())
    assert found, server.stderr.read()
    return found[0]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium")
def test_a_run_is_started_in_a_browser(work: Workplace) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    folder = work.path / "recipes"
    folder.mkdir()
    (work.path / "both.toml").rename(folder / "both.toml")
    server = work.start("serve", "--port", PORT)
    received = bytearray()
    try:
        address = address_of(server)
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1200, "height": 800})
            page.on("websocket", lambda socket: socket.on(
                "framereceived", lambda frame: received.extend(
                    frame if isinstance(frame, bytes) else frame.encode())))  # fmt: skip
            page.goto(address)

            def seen(text: bytes) -> None:
                until = time.monotonic() + WAIT_S
                while text not in received:
                    assert time.monotonic() < until, f"{text!r} is not seen"
                    page.wait_for_timeout(100)

            def press(*keys: str) -> None:
                received.clear()
                for key in keys:
                    page.keyboard.press(key)

            seen(b"graftui")
            press("n")
            seen(b"both")
            press("b", "o", "t", "h", "Enter")
            seen(b"Queue it")
            press("Control+r")
            seen(b"Queued")  # the form is left, which has ticks and takes digits
            seen("✓".encode())
            press("2")
            seen(b"loss")
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    with sqlite3.connect(work.path / "runs.db") as db:
        (statuses,) = db.execute("SELECT group_concat(status) FROM runs").fetchone()
    assert "finished" in statuses
