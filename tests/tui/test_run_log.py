"""The log of a run is a window on the end of its file: no more is read than is looked at."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.registry import tail
from graftui.settings import Settings
from graftui.tui.run import log
from graftui.tui.run.log import WINDOW, LogWindow
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, runs, until


def said(number: int) -> ev.Event:
    return ev.Log(t=world.NOW + number, message=f"line {number}")


def point(number: int) -> ev.Event:
    return ev.Metric(t=world.NOW, step=number, values={"train/loss": 0.5})


def place(folder: Path, events: list[ev.Event]) -> RunDir:
    run_dir = RunDir(folder)
    run_dir.events.write_bytes(b"".join(map(ev.dumps, events)))
    return run_dir


def texts(window: LogWindow, most: int = WINDOW) -> list[str]:
    return [line.text for line in window.read(most).lines]


def reading(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of each stretch that is read back from now on."""
    sizes: list[int] = []
    before = tail.before

    def counted(path: Path, end: int | None) -> tail.Stretch | None:
        stretch = before(path, end)
        sizes.append(len(stretch.data) if stretch else 0)
        return stretch

    monkeypatch.setattr(log, "before", counted)
    return sizes


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 70), st.integers(1, 500), st.booleans())
@settings(max_examples=60, deadline=None)
def test_it_is_the_end_of_all_that_was_said(
    tmp_path_factory: pytest.TempPathFactory, loud: list[bool], most: int, back: int, torn: bool
) -> None:
    """Whatever lies between the lines, wherever a stretch begins; half a line waits."""
    events = [said(n) if speaks else point(n) for n, speaks in enumerate(loud)]
    run_dir = place(tmp_path_factory.mktemp("log"), events)
    whole = [f"line {n}" for n, speaks in enumerate(loud) if speaks]
    if torn:
        with run_dir.events.open("ab") as file:
            file.write(ev.dumps(said(99))[:-5])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "BACK", back)
        window = LogWindow(run_dir)
        assert texts(window, most) == whole[-most:]
        assert window.read(most).more or len(whole) <= most, "what lies before is not denied"
        assert texts(window, 10 * most) == whole[-10 * most :]
        with run_dir.events.open("ab") as file:
            file.write((ev.dumps(said(99))[-5:] if torn else b"") + ev.dumps(said(100)))
        news = ["line 99", "line 100"] if torn else ["line 100"]
        assert texts(window, most) == [*whole, *news][-most:]


def test_of_a_long_log_only_the_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = place(tmp_path, [said(n) for n in range(100_000)])
    size = run_dir.events.stat().st_size
    sizes = reading(monkeypatch)
    window = LogWindow(run_dir)
    shown = window.read(WINDOW)
    assert [line.text for line in shown.lines] == [f"line {n}" for n in range(99_500, 100_000)]
    assert shown.more
    assert sum(sizes) <= tail.BACK < size / 5
    sizes.clear()
    assert len(window.read(WINDOW).lines) == WINDOW
    assert sizes == [], "what is known is not read again"


def test_among_long_curves_it_goes_back_as_far_as_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_FAR", 200_000)
    monkeypatch.setattr(tail, "BACK", 50_000)
    run_dir = place(tmp_path, [said(0), *map(point, range(8000)), said(1)])
    assert run_dir.events.stat().st_size > 600_000
    sizes = reading(monkeypatch)
    window = LogWindow(run_dir)
    assert (texts(window), window.read(WINDOW).more) == (["line 1"], True)
    assert sum(sizes) < 300_000
    read, asked = window.read(WINDOW), WINDOW
    while read.more:
        asked += WINDOW
        read = window.read(asked)
    assert [line.text for line in read.lines] == ["line 0", "line 1"]
    assert asked > 2 * WINDOW


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    run_dir = place(tmp_path, [said(n) for n in range(20)])
    window = LogWindow(run_dir)
    assert len(texts(window)) == 20
    place(tmp_path, [said(7)])
    assert texts(window) == ["line 7"]
    run_dir.events.unlink()
    run_dir.output.write_text("Traceback\n")
    assert texts(window)[-1] == "Traceback"


async def test_scrolling_up_brings_what_was_said_before(empty: Settings) -> None:
    world.add(empty, "long", world.config(), [said(n) for n in range(3 * WINDOW)])
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        await filled(pilot, 1)
        await pilot.press("3")
        await until(pilot, lambda: runs(pilot).detail.log)
        await until(pilot, lambda: any("line 1499" in line for line in frame(pilot)))
        assert len(runs(pilot).detail.log.lines) == WINDOW
        body = runs(pilot).query_one("#log-body")
        body.focus()
        await pilot.press("home")
        await until(pilot, lambda: len(runs(pilot).detail.log.lines) == 2 * WINDOW)
        await until(pilot, lambda: body.scroll_y > WINDOW / 2)
        assert any("line 1000" in line for line in frame(pilot)), "where one was"
        await pilot.press("home")
        await until(pilot, lambda: len(runs(pilot).detail.log.lines) == 3 * WINDOW)
        assert not runs(pilot).detail.log.more
