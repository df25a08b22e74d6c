"""Labels of several runs at once, and the way back: it undoes what the act did, and no more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.card import read_card
from graftui.registry.checked import LONGEST
from graftui.registry.store import Store
from graftui.scheduler.labels import (
    Relabelled,
    TagChanges,
    relabel_all,
    tag_changes,
    take_back,
    typed_tags,
)
from graftui.settings import Settings
from tests.tui import world

IDS = ("a", "b", "c")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = world.place(tmp_path)
    for id in IDS:
        world.add(made, id, world.config(), tags=("old", id), note=f"of {id}")
    return made


def labels(settings: Settings, field: str) -> dict[str, Any]:
    """As the registry has them, which is as the cards do."""
    with Store.open(settings.db) as store:
        runs = [run for run in map(store.find, IDS) if run is not None]
    for run in runs:
        card = read_card(settings.run_dir(run.id))
        assert card is not None
        assert getattr(card, field) == getattr(run, field)
    return {run.id: getattr(run, field) for run in runs}


def act(
    settings: Settings, labels: Mapping[str, Any], ids: Sequence[str] = IDS
) -> list[Relabelled]:
    with Store.open(settings.db) as store:
        return relabel_all(settings, store, ids, lambda run: labels)


def tag(settings: Settings, text: str) -> list[Relabelled]:
    with Store.open(settings.db) as store:
        changes = typed_tags(text)
        return relabel_all(settings, store, IDS, lambda run: {"tags": changes.applied(run.tags)})


def back(settings: Settings, done: Sequence[Relabelled]) -> list[Relabelled]:
    with Store.open(settings.db) as store:
        return take_back(settings, store, done)


@pytest.mark.parametrize("text", ["+new", "-old", "new -a", "-a -b -c", 'x "two words" -old'])
def test_taken_back_the_tags_are_as_they_were(settings: Settings, text: str) -> None:
    before = labels(settings, "tags")
    done = tag(settings, text)
    changed = labels(settings, "tags")
    assert {each.id for each in done} == {id for id in IDS if changed[id] != before[id]}
    back(settings, done)
    assert labels(settings, "tags") == before


def test_tags_that_another_changed_since_stay_so(settings: Settings) -> None:
    done = tag(settings, "+new -old")
    tag(settings, "+another -a")
    back(settings, done)
    have = {id: set(tags) for id, tags in labels(settings, "tags").items()}
    assert have == {
        "a": {"old", "another"}, "b": {"old", "b", "another"}, "c": {"old", "c", "another"},
    }  # fmt: skip


def test_a_note_that_another_wrote_since_stays(settings: Settings) -> None:
    done = act(settings, {"note": "ours"})
    act(settings, {"note": "theirs"}, ["b"])
    assert [each.id for each in back(settings, done)] == ["a", "c"]
    assert labels(settings, "note") == {"a": "of a", "b": "theirs", "c": "of c"}


def test_what_is_so_already_is_no_part_of_it(settings: Settings) -> None:
    act(settings, {"star": True}, ["b"])
    done = act(settings, {"star": True})
    back(settings, done)
    assert labels(settings, "star") == {"a": False, "b": True, "c": False}


def test_all_or_none(settings: Settings) -> None:
    def change(run: Run) -> Mapping[str, Any]:
        return {"note": "x" * (LONGEST + 1) if run.id == "c" else "ours"}

    with Store.open(settings.db) as store, pytest.raises(UsageError, match="run c has more than"):
        relabel_all(settings, store, IDS, change)
    assert labels(settings, "note") == {"a": "of a", "b": "of b", "c": "of c"}


def test_runs_that_are_gone_are_left_out(settings: Settings) -> None:
    done = act(settings, {"star": True})
    with Store.open(settings.db) as store:
        store.delete("b")
    assert [each.id for each in back(settings, done)] == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "No tag"), ("+", "no name"), ("a -a", "undo each other"), ('+"" x', "no name")],
)
def test_what_is_no_change_of_tags(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        typed_tags(text)


def test_a_line_and_the_words_of_a_shell_say_the_same() -> None:
    assert typed_tags('paper +"two words"  -draft') == tag_changes(
        ["+paper", "+two words", "-draft"]
    )
    assert str(TagChanges(("a",), ("b",))) == "+a -b"
