"""The log of a run is a window on the end of its file: no more is read than is looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.registry import tail
from graftui.settings import Settings
from graftui.tui.run import log, pages
from graftui.tui.run.log import OUTPUT, WINDOW, LogAsk, LogWindow
from graftui.tui.run.log_rows import wrapped
from graftui.tui.run.log_view import LogView
from graftui.tui.run.pages import LogPages
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, until


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
        assert not window.read(most).first or len(whole) <= most, "what lies before is not denied"
        assert texts(window, 10 * most) == whole[-10 * most :]
        with run_dir.events.open("ab") as file:
            file.write((ev.dumps(said(99))[-5:] if torn else b"") + ev.dumps(said(100)))
        news = ["line 99", "line 100"] if torn else ["line 100"]
        assert texts(window, most) == [*whole, *news][-most:]


def page_texts(pages: LogPages, ask: LogAsk) -> list[str]:
    return [line.text for line in pages.read(ask).lines]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 500), st.data())
@settings(max_examples=60, deadline=None)
def test_pages_around_lines_make_up_the_log(
    tmp_path_factory: pytest.TempPathFactory, loud: list[bool], piece: int, data: st.DataObject
) -> None:
    """Whatever lies between the lines, wherever a piece of the file begins."""
    events = [said(n) if speaks else point(n) for n, speaks in enumerate(loud)]
    run_dir = place(tmp_path_factory.mktemp("log"), events)
    whole = [f"line {n}" for n, speaks in enumerate(loud) if speaks]
    most = data.draw(st.integers(4, 20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PIECE", max(piece, 120))
        patch.setattr(pages, "WINDOW", most)
        patch.setattr(tail, "BACK", piece)
        read = LogPages(run_dir)
        up: list[str] = []
        page = read.read(LogAsk())
        for _ in loud:
            earlier = [line.text for line in page.lines]
            kept = earlier.index(up[0]) if up else len(earlier)
            up = earlier[:kept] + up
            if page.first:
                break
            page = read.read(LogAsk(at=page.lines[0].at))
        assert up == whole
        down, page = page_texts(read, LogAsk(at=0)), read.read(LogAsk(at=0))
        for _ in loud:
            if page.last:
                break
            page = read.read(LogAsk(at=page.lines[-1].at))
            later = [line.text for line in page.lines]
            down += later[later.index(down[-1]) + 1 :]
        assert down == whole


@given(st.lists(st.sampled_from(("ERROR x", "ok", "été", "")), max_size=50), st.integers(8, 60))
@settings(max_examples=60, deadline=None)
def test_a_search_goes_to_every_line_with_the_words(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], piece: int
) -> None:
    run_dir = RunDir(tmp_path_factory.mktemp("log"))
    run_dir.output.write_text("".join(f"{text}\n" for text in texts))
    for words, wanted in (("error", "ERROR x"), ("ÉTÉ", "été"), ("none", "none")):
        expected = [n for n, text in enumerate(texts) if text == wanted]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pages, "PIECE", piece)
            read = LogPages(run_dir)
            hits, at = [], None
            while (hit := read.read(LogAsk(OUTPUT, at, words, back=True)).hit) is not None:
                hits.append(hit)
                at = hit
            starts = [sum(len(f"{t}\n".encode()) for t in texts[:n]) for n in expected]
            assert hits[::-1] == starts
            if starts:
                forth = [starts[0]]
                while (hit := read.read(LogAsk(OUTPUT, forth[-1], words)).hit) is not None:
                    forth.append(hit)
                assert forth == starts


def test_of_a_huge_output_pieces_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of a line without an end."""
    run_dir = RunDir(tmp_path)
    run_dir.output.write_bytes(b"".join(b"%09d\n" % n for n in range(1_200_000)))
    sizes: list[int] = []
    split = pages._split

    def counted(piece: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        sizes.append(len(piece))
        return split(piece, at)

    monkeypatch.setattr(pages, "_split", counted)
    read = LogPages(run_dir)
    assert read.read(LogAsk(OUTPUT)).lines[-1].text == "001199999"
    middle = read.read(LogAsk(OUTPUT, 5_000_000))
    assert {line.text for line in middle.lines} >= {"000499999", "000500000", "000500400"}
    assert (middle.first, middle.last) == (False, False)
    assert read.read(LogAsk(OUTPUT, None, "000000007", back=True)).hit == 70
    assert max(sizes) <= pages.PIECE
    assert sum(sizes) < 8 * pages.PIECE
    run_dir.output.write_bytes(b"x" * 3_000_000)
    assert len(read.read(LogAsk(OUTPUT)).lines[-1].text) == pages.PIECE


def test_lines_are_wrapped_between_words() -> None:
    text = "the mask with the best score is kept, whatever comes after it"
    assert "".join(wrapped(text, 20)) == text
    assert all(len(piece) <= 20 for piece in wrapped(text, 20))
    assert list(wrapped("x" * 25, 20)) == ["x" * 20, "x" * 5]
    assert list(wrapped("", 20)) == [""]


def test_of_a_long_log_only_the_end_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = place(tmp_path, [said(n) for n in range(60_000)])
    size = run_dir.events.stat().st_size
    sizes = reading(monkeypatch)
    window = LogWindow(run_dir)
    shown = window.read(WINDOW)
    assert [line.text for line in shown.lines] == [f"line {n}" for n in range(59_000, 60_000)]
    assert not shown.first
    assert sum(sizes) <= tail.BACK < size / 3
    sizes.clear()
    assert len(window.read(WINDOW).lines) == WINDOW
    assert sizes == [], "what is known is not read again"


def test_among_long_curves_it_goes_back_so_far_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_FAR", 200_000)
    monkeypatch.setattr(tail, "BACK", 50_000)
    run_dir = place(tmp_path, [said(0), *map(point, range(8000)), said(1)])
    assert run_dir.events.stat().st_size > 600_000
    sizes = reading(monkeypatch)
    window = LogWindow(run_dir)
    assert (texts(window), window.read(WINDOW).first) == (["line 1"], False)
    assert sum(sizes) < 300_000
    assert [line.text for line in LogPages(run_dir).read(LogAsk(at=0)).lines][0] == "line 0"


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    run_dir = place(tmp_path, [said(n) for n in range(20)])
    window = LogWindow(run_dir)
    assert len(texts(window)) == 20
    place(tmp_path, [said(7)])
    assert texts(window) == ["line 7"]
    assert page_texts(LogPages(run_dir), LogAsk(OUTPUT)) == []
    run_dir.output.write_text("bar 1\rbar 2\n\nTraceback")
    assert page_texts(LogPages(run_dir), LogAsk(OUTPUT)) == ["bar 2", "Traceback"]


async def test_keys_go_through_the_whole_log(empty: Settings) -> None:
    many = 3 * WINDOW
    world.add(empty, "long", world.config(), [said(n) for n in range(many)])
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        await filled(pilot, 1)
        await pilot.press("enter", "3")
        await until(pilot, lambda: any(f"line {many - 1}" in line for line in frame(pilot)))
        page = pilot.app.screen.query_one(LogView)
        assert page.following
        await pilot.press("g")
        await until(pilot, lambda: any("line 0 " in line for line in frame(pilot)))
        assert len(page.log_page.lines) == WINDOW
        await pilot.press("G")
        await until(pilot, lambda: any(f"line {many - 1}" in line for line in frame(pilot)))
        await pilot.press("slash", *"line 77", "enter")
        await until(pilot, lambda: any("line 779 " in line for line in frame(pilot)))
        await pilot.press("n")
        await until(pilot, lambda: page.log_page.hit is not None)
        await until(pilot, lambda: any("line 778 " in line for line in frame(pilot)))
        await pilot.press("y")
        assert "line 77" in pilot.app.clipboard
        await pilot.press("v")
        await until(pilot, lambda: any("put out nothing" in line for line in frame(pilot)))
