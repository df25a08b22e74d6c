"""`graftui screenshot`: a picture of each screen, and what it says of what it cannot show."""

import asyncio
import re
from pathlib import Path

import pytest

from graftui.errors import UsageError
from graftui.settings import Settings
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
    picture = await taken(settings, wanted)
    lines = picture.text.splitlines()
    assert len(lines) == wanted.height
    assert max(map(len, lines)) <= wanted.width
    assert there in picture.text
    words = re.sub(r"<[^>]+>", " ", picture.svg).replace("&#160;", " ")
    assert there in words


@pytest.mark.parametrize("ending", ["svg", "txt", "png"])
def test_the_ending_says_the_format(settings: Settings, ending: str) -> None:
    path = settings.root / f"picture.{ending}"
    write(settings, Wanted("runs"), path)
    begins = {"svg": b"<svg", "txt": b"graftui"[:1], "png": b"\x89PNG"}
    assert begins[ending] in path.read_bytes()[:40]


def test_what_cannot_be_shown(settings: Settings) -> None:
    for wanted in (Wanted("run"), Wanted("rnus"), Wanted("compare", ["g7kmaa"])):
        with pytest.raises(UsageError, match="No picture"):
            asyncio.run(taken(settings, wanted))
    with pytest.raises(UsageError, match="no pictures end in"):
        write(settings, Wanted("runs"), Path("picture.gif"))
    assert not Path("picture.gif").exists()
