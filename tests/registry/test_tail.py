"""Following an events file: each whole line once, whatever is being written, and by one reader."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.contract import events as ev
from graftui.registry import tail
from graftui.registry.tail import Tail, ends_in_half_a_line, last_word, latest_times, stretch
from tests.registry.registry_rows import a_life, text_of

LIFE = text_of(a_life())


@hypothesis_settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, len(LIFE)), max_size=8), chunk=st.sampled_from([7, 100, 4096]))
def test_however_it_grows_each_event_is_news_once(
    cuts: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("grown") / "events.jsonl"
    told: list[ev.Event] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK", chunk)
        following = Tail(path)
        assert list(following.news()) == [], "it is not there yet"
        for end in [*sorted(cuts), len(LIFE)]:
            path.write_bytes(LIFE[:end])
            told += following.news()
    assert text_of(told) == LIFE


def test_a_file_cut_short_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(LIFE)
    following = Tail(path)
    assert len(list(following.news())) == len(a_life())
    path.write_bytes(text_of(a_life()[:2]))
    assert len(list(following.news())) == 2


def test_what_is_passed_over_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"garbage\n" + LIFE)
    kinds = {event.event for event in Tail(path, (b'"event":"metric"',)).news()}
    assert kinds == {event.event for event in a_life()} - {"metric"}


def test_a_pipe_is_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    assert stretch(tmp_path / "events.jsonl", 7) is None


def test_the_end_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert (latest_times(path), ends_in_half_a_line(path)) == ([], False)
    assert last_word(path) == (0, "")
    path.write_bytes(LIFE)
    assert last_word(path) == (a_life()[-1].attempt, a_life()[-1].event)
    path.write_bytes(LIFE + b'{"event":')
    assert last_word(path) == (0, "")
    assert latest_times(path) == [event.t for event in a_life()]
    assert ends_in_half_a_line(path)


def test_nobody_else_reads_events() -> None:
    root = Path(tail.__file__).parents[1]
    reading = re.compile(r"events\.(open|read_bytes|read_text|stat)\(")
    readers = [p.name for p in root.rglob("*.py") if reading.search(p.read_text(encoding="utf-8"))]
    assert readers == []
