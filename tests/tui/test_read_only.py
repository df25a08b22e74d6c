"""A dashboard that only looks: whatever is pressed, no run and no file is another afterwards."""

import hashlib
import re
from pathlib import Path

import graftui.tui
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.dialogs.confirm import ConfirmScreen
from tests.tui import world
from tests.tui.conftest import filled, go_to, until


def files(root: Path) -> dict[str, str]:
    """By path; runs.db aside, which looking brings up to date."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith("runs.db")
    }


async def test_what_would_change_something_is_refused(settings: Settings) -> None:
    before = files(settings.root)
    app = GraftuiApp(settings, clock=lambda: world.NOW, read_only=True)
    said: list[str] = []
    async with app.run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        app.notify = lambda text, **_: said.append(text)  # type: ignore[method-assign,assignment]
        for run, key in (("g9bbgg", "c"), ("t3xxbb", "d"), ("g7kmaa", "e")):
            await go_to(pilot, run)
            refused = len(said)
            await pilot.press(key)
            if key != "e":
                await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
                await pilot.press("y")
            await until(pilot, lambda: len(said) > refused)  # noqa: B023
    assert sum("only looks" in text for text in said) >= 3, said
    assert files(settings.root) == before


def test_work_begins_in_a_single_way() -> None:
    """Which is the way that refuses it."""
    folder = Path(graftui.tui.__file__).parent
    begins = re.compile(r"run_worker\(|Thread\(|Popen\(|subprocess\.run\(")
    modules = {p.name for p in folder.rglob("*.py") if begins.search(p.read_text("utf-8"))}
    assert modules == {"app.py", "background.py", "files.py"}  # the reader; a pager
