"""What `graftui serve` does: says how to come in, and serves until Ctrl-C."""

import shlex
import socket
import sys

from graftui.errors import UsageError
from graftui.terminal import Console


def serve(console: Console, port: int, read_only: bool, idle_min: float) -> None:
    """Serve dashboards until Ctrl-C. Raises UsageError if the extra is not installed or the port is
    taken.
    """
    try:
        from graftui.web.server import DashboardServer
    except ImportError as exc:
        raise UsageError(
            "The dashboard in a browser needs textual-serve.",
            "Install it: pip install 'graftui[web]'",
        ) from exc
    _check_free(port)
    words = [sys.executable, "-m", "graftui.web.session", *(["--read-only"] if read_only else [])]

    def say(address: str) -> None:
        console.print(f"The dashboard{' (it only looks)' if read_only else ''} is at {address}")
        console.print(
            f"From another machine: ssh -L {port}:localhost:{port} {socket.gethostname()}, then the"
            f" same address. Ctrl-C ends it; runs go on.",
            soft_wrap=True,
        )

    DashboardServer(shlex.join(words), port, 60 * idle_min, say).serve()


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise UsageError(
                f"--port {port}: {exc.strerror}.",
                f"Choose another: graftui serve --port {port + 1}",
            ) from exc
