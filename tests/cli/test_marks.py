"""Stars, and the archive: what is put away is in no list that does not ask for it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from graftui.registry.store import Store
from graftui.scheduler.relabel import relabel
from graftui.settings import at
from tests.cli.conftest import Graftui


def ids(graftui: Graftui, *arguments: str) -> set[str]:
    return {run["id"] for run in json.loads(graftui("ls", "-n", "0", "--json", *arguments))}


def card(id: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path("data/runs", id, "run.json").read_text())
    return read


def test_archived_runs_are_where_they_are_asked_for(graftui: Graftui) -> None:
    everybody = ids(graftui)
    assert "2 runs archived: a1" in graftui("archive", "a1", "ga1")
    away = {"a1", "ga1"}
    assert ids(graftui) == everybody - away
    assert ids(graftui, "-f", "archived=yes") == away
    assert ids(graftui, "-f", "archived in (yes, no)") == everybody
    assert ids(graftui, "-f", "not archived=no and kind=finetune") == {"a1"}
    assert ids(graftui, "--search", "study-a1") == set()
    assert "a1" not in graftui("export").replace("ga1", "")
    assert graftui("export", "--runs", "a1").count("study-a1") == 1


def test_compare_leaves_them_out(graftui: Graftui) -> None:
    by = ("compare", "--by", "task.name", "-f", "stage=finetuned", "--json")
    (before,) = json.loads(graftui(*by))["groups"]
    assert before["runs"] == ["a2", "b1", "c2"]
    graftui("archive", "a2", "ga2")
    (after,) = json.loads(graftui(*by))["groups"]
    assert after["runs"] == ["a1", "b1", "c2"]
    (asked,) = json.loads(graftui(*by, "-f", "archived in (yes, no)"))["groups"]
    assert asked["runs"] == before["runs"]
    assert "study-a2" in graftui("compare", "a1", "a2")  # given by id


def test_a_filter_of_another_verb_means_what_ls_shows(graftui: Graftui) -> None:
    graftui("archive", "a1")
    text = graftui("tag", "-f", "kind=finetune", "-y", "+seen")
    assert "study-a2" in text
    assert card("a1")["tags"] == ["study"]


def test_marks_outlive_the_registry(graftui: Graftui) -> None:
    graftui("star", "-f", "train.lr=0.02", "-y")
    graftui("archive", "-f", "kind=graft and not star=yes", "-y")
    starred, away = ids(graftui, "-f", "star=yes"), ids(graftui, "-f", "archived=yes")
    assert starred == {"a2", "c2"}
    assert "ga1" in away
    for path in Path().glob("runs.db*"):
        path.unlink()
    assert ids(graftui, "-f", "star=yes") == starred
    assert ids(graftui, "-f", "archived=yes") == away
    graftui("unstar", "a2")
    graftui("unarchive", "-f", "id=ga1", "-y")
    assert (card("a2")["star"], card("ga1")["archived"]) == (False, False)
    assert ids(graftui, "-f", "star=yes") == {"c2"}
    assert "ga1" in ids(graftui)


def test_a_filter_asks_first_and_a_wrong_word_is_refused(graftui: Graftui) -> None:
    assert "--yes" in graftui("archive", "-f", "kind=graft", code=2)
    assert "Allowed are yes, no" in graftui("ls", "-f", "archived=maybe", code=2)
    assert "no run meets this" in graftui("unstar", "a1")


@pytest.mark.parametrize("wrong", ['"yes"', "1", "null", "[]"])
def test_a_mark_on_a_card_that_is_none_costs_the_mark_alone(graftui: Graftui, wrong: str) -> None:
    path = Path("data/runs/a1/run.json")
    path.write_text(json.dumps(card("a1") | {"star": json.loads(wrong), "note": "kept"}))
    shown = json.loads(graftui("show", "a1", "--json"))
    assert (shown["star"], shown["note"]) == (False, "kept")
    assert "star: should be true or false" in str(shown["warnings"])


def test_two_at_once_lose_no_tag(graftui: Graftui) -> None:
    assert graftui("tag", "a1", "-study")
    settings, wanted = at(Path()), {str(n) for n in range(50)}

    def add(tag: str) -> None:
        with Store.open(settings.db) as store:
            relabel(settings, store, "a1", lambda run: {"tags": (*run.tags, tag)})

    with ThreadPoolExecutor(2) as both:
        list(both.map(add, wanted))
    assert set(card("a1")["tags"]) == wanted
    (row,) = json.loads(graftui("ls", "-f", "id=a1", "--json"))
    assert set(row["tags"]) == wanted
