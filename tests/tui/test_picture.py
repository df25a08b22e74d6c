"""`graftui screenshot`: a picture of each screen, and what it says of what it cannot show."""

import asyncio
import re
from pathlib import Path

import pytest

from graftui.errors import UsageError
from graftui.settings import Settings
from graftui.tui import picture
from graftui.tui.picture import Wanted, taken, write


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (Wanted("runs", width=80, height=24), "g7kmaa"),
        (Wanted("run", ["g7kmaa"], ["4"]), "pocket:masked-lm"),
        (Wanted("compare", ["t2wqaa", "g7kmaa"]), "t2wqaa"),
        (Wanted("new", ["pocket"]), "pocket"),
        (Wanted("sweeps"), "sweep"),
    ],
    ids=lambda value: value.screen if isinstance(value, Wanted) else "",
)
async def test_what_is_asked_for_is_seen(settings: Settings, wanted: Wanted, there: str) -> None:
    made = await taken(settings, wanted)
    lines = made.text.splitlines()
    assert len(lines) == wanted.height
    assert max(map(len, lines)) <= wanted.width
    assert there in made.text
    words = re.sub(r"<[^>]+>", " ", made.svg).replace("&#160;", " ")
    assert there in words


def test_the_ending_says_the_format(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = asyncio.run(taken(settings, Wanted("runs")))

    async def again(*_: object) -> picture.Picture:
        return seen

    monkeypatch.setattr(picture, "taken", again)
    for ending, begins in {"svg": b"<svg", "txt": b"g", "png": b"\x89PNG"}.items():
        path = settings.root / f"picture.{ending}"
        write(settings, Wanted("runs"), path)
        assert begins in path.read_bytes()[:40]


def test_what_cannot_be_shown(settings: Settings) -> None:
    with pytest.raises(UsageError, match="No picture of 'rnus'"):
        asyncio.run(taken(settings, Wanted("rnus")))
    with pytest.raises(UsageError, match="no pictures end in"):
        write(settings, Wanted("runs"), Path("picture.gif"))
    assert not Path("picture.gif").exists()
