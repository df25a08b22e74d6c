"""Who may come in to `graftui serve`, and when a session ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMessage, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from graftui.web.server import COOKIE, DashboardServer, _Attended


@asynccontextmanager
async def client() -> AsyncIterator[tuple[DashboardServer, Any]]:
    server = DashboardServer("true", 8642, 60.0, lambda address: None)
    async with TestClient(TestServer(await server._make_app())) as browser:
        yield server, browser


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/download/a"])
async def test_nobody_without_the_token(path: str) -> None:
    async with client() as (_, browser):
        for token in ("", "?token=", "?token=guessed"):
            assert (await browser.get(path + token)).status == 403
        assert (await browser.get(path, cookies={COOKIE: "guessed"})).status == 403


async def test_the_token_becomes_a_cookie_and_leaves_the_address() -> None:
    async with client() as (server, browser):
        came = await browser.get("/", params={"token": server.token}, allow_redirects=False)
        assert (came.status, came.headers["Location"]) == (302, "/")
        assert "HttpOnly" in came.headers["Set-Cookie"]
        assert "SameSite=Strict" in came.headers["Set-Cookie"]
        page = await (await browser.get("/")).text()
        assert f"ws://127.0.0.1:{browser.port}/ws" in page
        assert server.token not in page
        assert (await browser.get("/static/js/textual.js")).status == 200


async def test_no_other_page_and_no_other_name_of_this_machine() -> None:
    async with client() as (server, browser):
        cookies = {COOKIE: server.token}
        strangers = ({"Origin": "http://evil.example"}, {"Host": "evil.example"},
                     {"Origin": "null"})  # fmt: skip
        for headers in strangers:
            assert (await browser.get("/ws", headers=headers, cookies=cookies)).status == 403
        own = {"Host": "localhost:9000", "Origin": "http://localhost:9000"}  # through a tunnel
        page = await browser.get("/", headers=own, cookies=cookies)
        assert "ws://localhost:9000/ws" in await page.text()


class Pretended:
    """A websocket whose page sends pings for ever, and its user some keys."""

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.sent = 0

    async def send_json(self, data: Any) -> None:
        raise AssertionError(data)

    async def receive(self, timeout: float) -> WSMessage:
        await asyncio.sleep(min(timeout, 0.05))
        self.sent += 1
        text = '["stdin", "j"]' if self.sent <= self.keys else '["ping", "1"]'
        return WSMessage(WSMsgType.TEXT, text, None)


async def test_a_session_that_nobody_touches_ends() -> None:
    for keys in (0, 20):  # of one second
        page: Any = Pretended(keys)
        messages = [message.json()[0] async for message in _Attended(page, 0.5)]
        assert messages.count("stdin") == keys
        assert "ping" in messages
