"""A picture of a screen, taken without a terminal: what `graftui screenshot` writes.

The dashboard is opened as large as it is asked for, goes to the screen, presses keys if there are
any, and waits until all that it asked is answered.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from graftui.errors import GraftuiError, UsageError
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.tui.app import GraftuiApp
from graftui.tui.live import LiveScreen

_WAIT_S = 60.0
_STEP_S = 0.05
_FONT = "DejaVu Sans Mono"
"""Where Fira Code is not: it has all glyphs that are drawn."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there is to be seen on it."""

    screen: str
    """One of those that HOW names."""
    what: Sequence[str] = ()
    """Runs, a sweep or a recipe, as a user names them."""
    keys: Sequence[str] = ()
    """Pressed one after the other, as Textual names them."""
    width: int = 120
    height: int = 36
    """Cells."""


class Picture:
    """What was seen."""

    def __init__(self, app: GraftuiApp) -> None:
        self.svg = app.export_screenshot()
        strips = app.screen._compositor.render_strips()  # Textual has no other way to text
        self.text = "".join(f"{strip.text.rstrip()}\n" for strip in strips)


def write(settings: Settings, wanted: Wanted, path: Path) -> None:
    """Take a picture and write it in the format of the file's ending. Raises UsageError for another
    ending, for what is not there, and for PNG without the extra `pictures`.
    """
    render = FORMATS.get(path.suffix.lower())
    if render is None:
        known = ", ".join(FORMATS)
        raise UsageError(f"{path}: no pictures end in {path.suffix!r}.", f"There are: {known}.")
    path.write_bytes(render(asyncio.run(taken(settings, wanted))))


def _svg(picture: "Picture") -> bytes:
    return picture.svg.encode()


def _txt(picture: "Picture") -> bytes:
    return picture.text.encode()


def _png(picture: "Picture") -> bytes:
    try:
        import resvg_py
    except ImportError as exc:
        raise UsageError(
            "A PNG needs resvg.", "Install it: pip install 'graftui[pictures]'; or write an .svg."
        ) from exc
    return bytes(resvg_py.svg_to_bytes(svg_string=picture.svg, zoom=2, monospace_family=_FONT))


FORMATS = {".svg": _svg, ".png": _png, ".txt": _txt}
"""By the ending of the file."""


async def taken(settings: Settings, wanted: Wanted) -> Picture:
    """Open the dashboard, look, close it. Raises UsageError for what is not there, or does not come
    into sight.
    """
    app = GraftuiApp(settings, read_only=True)
    async with app.run_test(size=(wanted.width, wanted.height)) as pilot:
        await _settled(pilot, app)
        if (screen := _screen(settings, app, wanted)) is not None:
            await app.push_screen(screen)
            await _settled(pilot, app)
        for key in wanted.keys:
            await pilot.press(key)
            await _settled(pilot, app)
        return Picture(app)


def _screen(settings: Settings, app: GraftuiApp, wanted: Wanted) -> Screen[Any] | None:
    """What lies on the screen of all runs, if anything does."""
    match wanted.screen, list(wanted.what):
        case "runs", []:
            return None
        case "run", [ref]:
            from graftui.tui.run.feed import RunPage
            from graftui.tui.run.screen import RunScreen

            return RunScreen(settings, app.reader, RunPage(_ids(settings, [ref])[0]))
        case "compare", [_, _, *_] as refs:
            from graftui.tui.compare.screen import CompareScreen

            return CompareScreen(settings, app.reader, tuple(_ids(settings, refs)))
        case "sweeps", []:
            from graftui.tui.sweeps.screen import SweepsScreen

            return SweepsScreen(settings, app.reader)
        case "sweep", [ref, *refs]:
            from graftui.planning.sweeps.sweep import resolve
            from graftui.tui.sweep.screen import SweepScreen

            sweeps = [resolve(settings, each).id for each in (ref, *refs)]
            return SweepScreen(settings, app.reader, sweeps)
        case "queue", []:
            from graftui.tui.queue.screen import QueueScreen

            return QueueScreen(settings, app.reader)
        case "new", [name]:
            from graftui.planning import library
            from graftui.tui import form
            from graftui.tui.new.screen import NewRunScreen

            return NewRunScreen(settings, form.of_recipe(library.load(name, settings)))
    raise UsageError(f"No picture of {wanted.screen!r} with {len(wanted.what)} names.", HOW)


HOW = "There are: runs; run ID; compare ID ID...; sweeps; sweep SWEEP; queue; new RECIPE"
"""What a picture can be asked of."""


def _ids(settings: Settings, refs: Sequence[str]) -> list[str]:
    with Store.open(settings.db) as store:
        return [store.resolve(ref).id for ref in refs]


async def _settled(pilot: Pilot[None], app: GraftuiApp) -> None:
    """Wait until what is asked is answered and drawn. Raises UsageError if that takes too long."""
    until = time.monotonic() + _WAIT_S
    while True:
        await pilot.pause(_STEP_S)
        at_work = any(not w.is_finished for w in app.workers if w.name != "reader")
        screen = app.screen
        asked = screen.asks() if isinstance(screen, LiveScreen) else ()
        if not at_work and all(map(app.reader.answered, asked)):
            await pilot.pause()
            return
        if time.monotonic() > until:
            raise GraftuiError("The screen does not come into sight.", "Open it: graftui")
