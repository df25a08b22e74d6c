"""--notify: a ring on the terminal, and what is sent, to where the user says and nowhere else."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from graftui.cli.commands import notices
from graftui.errors import RunFailed, UsageError

Heard = list[tuple[str, dict[str, str]]]


class Terminal(io.StringIO):
    """A terminal that keeps what it is told."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    seen = Terminal()
    monkeypatch.setattr(notices, "sys", SimpleNamespace(stderr=seen, stdout=seen))
    monkeypatch.delenv("TMUX", raising=False)
    return seen


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own configuration, yet to be written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "graftui").mkdir()
    return tmp_path / "graftui" / "graftui.toml"


@pytest.fixture
def server() -> Iterator[tuple[str, Heard]]:
    """Its address, and what is posted to it."""
    heard: Heard = []

    class Keeps(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, json.loads(body)))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Keeps) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", heard
        http.shutdown()


def test_it_rings_and_sends_nothing_by_itself(configured: Path, terminal: Terminal) -> None:
    with notices.told_at_end(True, "study\x1b[31m;\x07") as say:
        say("2 runs finished, 93.1 %")
    text = terminal.getvalue()
    assert text.startswith("\a\x1b]9;graftui: study")
    assert "\x1b]777;notify;graftui: study" in text
    assert text.count("\x07") == 3, "none of them the name's"
    assert "\x1b[" not in text
    assert text.split("\x1b]777;notify;")[1].count(";") == 1


def test_through_tmux(
    configured: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    notices.tell([], "study", "done", "finished")
    assert "\x1bPtmux;\x1b\x1b]9;graftui: study: done\x07\x1b\\" in terminal.getvalue()


def test_what_is_sent(configured: Path, terminal: Terminal, server: tuple[str, Heard]) -> None:
    address, heard = server
    configured.write_text(
        f'[notify]\nntfy = "{address}/sub/topic"\nwebhook = "{address}/hook?a=1"\n'
    )
    with pytest.raises(RunFailed), notices.told_at_end(True, "study"):
        raise RunFailed("Run a failed (oom): no room", "less")
    said = {"title": "graftui: study", "message": "Run a failed (oom): no room."}
    assert heard == [
        ("/sub/", {"topic": "topic", **said}),
        ("/hook?a=1", {**said, "status": "failed"}),
    ]


def test_unasked_nothing_is_told(
    configured: Path, terminal: Terminal, server: tuple[str, Heard]
) -> None:
    configured.write_text(f'[notify]\nwebhook = "{server[0]}/hook"\n')
    with notices.told_at_end(False, "study"):
        pass
    with pytest.raises(KeyboardInterrupt), notices.told_at_end(True, "study"):
        raise KeyboardInterrupt
    assert (terminal.getvalue(), server[1]) == ("", [])


@pytest.mark.parametrize("path", ["/broken", ""])
def test_what_cannot_be_sent_is_a_line(
    configured: Path, server: tuple[str, Heard], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{server[0]}{path}" if path else "http://127.0.0.1:1/hook"
    configured.write_text(f'[notify]\nwebhook = "{address}"\n')
    with notices.told_at_end(True, "study"):
        pass
    assert "could not be sent to webhook" in capsys.readouterr().err


def test_a_server_that_never_ends_its_answer_holds_nobody_up(
    configured: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notices, "_PATIENCE_S", 0.2)  # each read has less to wait
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = threading.Event()

        def answer() -> None:
            connection, _ = listening.accept()
            connection.sendall(b"HTTP/1.0 200 OK\r\n")
            while not told.wait(0.02):
                connection.sendall(b"X: a\r\n")
            connection.close()

        answering = threading.Thread(target=answer)
        answering.start()
        channel = notices.Channel("webhook", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        notices.tell([channel], "study", "done", "finished")
        told.set()
        answering.join()
    assert "could not be sent to webhook: timed out" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "[notify]\nmail = 'me'", "[notify]\nwebhook = 'file:///etc/passwd'", "notify = 1",
        "[notify]\nntfy = 'https://ntfy.sh'", "[notify]\nwebhook = 3", "[notify", "[other]\na = 1",
        "[notify]\nwebhook = 'https://a b/'",
    ],
)  # fmt: skip
def test_what_is_no_configuration(configured: Path, text: str) -> None:
    configured.write_text(text)
    with pytest.raises(UsageError) as refused:
        notices.check(True, detach=False)
    assert str(configured) in refused.value.message
    notices.check(False, detach=True)


def test_nobody_waits_for_a_detached_run(configured: Path) -> None:
    with pytest.raises(UsageError, match="does not"):
        notices.check(True, detach=True)


def test_a_working_folder_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from graftui.settings import load

    monkeypatch.chdir(tmp_path)
    (tmp_path / "graftui.toml").write_text("[notify]\nwebhook = 'https://example.org'\n")
    with pytest.raises(UsageError, match="notify"):
        load()
