"""The server of `graftui serve`: a dashboard a browser tab, for one user on this machine.

Owns who may come in: who has the token of the address, to a name that only this machine has, from a
page of ours. A session that nobody has touched for a while is ended. Needs the extra `web`.
"""

import hmac
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp_jinja2
from aiohttp import WSMessage, WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.server import Server

COOKIE = "graftui"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine: another in the address is a stranger's name that leads here."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DashboardServer(Server):
    """Dashboards at http://127.0.0.1:PORT, behind a token."""

    def __init__(self, command: str, port: int, idle_s: float, opened: Callable[[str], None]):
        """`idle_s`: seconds without a key or a click after which a session ends; `opened` hears
        the address, with its token.
        """
        super().__init__(
            command, host="127.0.0.1", port=port, title="graftui",
            templates_path=Path(__file__).parent,
        )  # fmt: skip
        self.token = secrets.token_urlsafe(24)
        self.idle_s = idle_s
        self._opened = opened

    @property
    def address(self) -> str:
        """Where it is, with the token."""
        return f"{self.public_url}/?token={self.token}"

    def initialize_logging(self) -> None:
        """Only what goes wrong."""
        logging.basicConfig(level=logging.ERROR)

    async def on_startup(self, app: web.Application) -> None:
        """It listens now."""
        self._opened(self.address)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._admit)
        return app

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The token of the address becomes a cookie; without either nobody gets anything."""
        if request.url.host not in _LOCAL and f"[{request.url.host}]" not in _LOCAL:
            raise web.HTTPForbidden(text="Ask for it at http://127.0.0.1.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            raise web.HTTPForbidden(text="Another page has no business here.\n")
        if self._is_ours(request.query.get("token", "")):
            if request.path != "/":
                return await handler(request)
            home = web.HTTPFound("/")  # so that the token is in no history and no Referer
            home.set_cookie(COOKIE, self.token, httponly=True, samesite="Strict")
            return home
        if not self._is_ours(request.cookies.get(COOKIE, "")):
            raise web.HTTPForbidden(text="Open the address that `graftui serve` printed.\n")
        return await handler(request)

    def _is_ours(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    @aiohttp_jinja2.template("page.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page; its addresses are those that the browser came by, through a tunnel too."""
        return {"websocket": f"ws://{request.host}/ws"}

    async def _process_messages(self, websocket: Any, app_service: AppService) -> None:
        """Pass on what the user does, until the session ends or nobody does anything."""
        attended: Any = _Attended(websocket, self.idle_s)  # all of a websocket that it uses
        await super()._process_messages(attended, app_service)


class _Attended:
    """A websocket as the server uses it, whose messages end when the user does nothing for long."""

    def __init__(self, websocket: web.WebSocketResponse, idle_s: float) -> None:
        self._websocket = websocket
        self._idle_s = idle_s
        self.send_json = websocket.send_json

    async def __aiter__(self) -> AsyncIterator[WSMessage]:
        until = time.monotonic() + self._idle_s
        while (left := until - time.monotonic()) > 0:
            try:
                message = await self._websocket.receive(timeout=left)
            except TimeoutError:
                return
            if message.type is not WSMsgType.TEXT:
                return
            # The page itself sends pings, sizes, and that it has the focus or has lost it.
            if message.json()[0] == "stdin":
                until = time.monotonic() + self._idle_s
            yield message
