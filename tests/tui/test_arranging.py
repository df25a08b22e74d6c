"""The table of runs as its user has it: columns, order, what stands above."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from graftui.models import Input as GivenInput
from graftui.models import Run
from graftui.registry.store import Store
from graftui.results.chosen_columns import BUT_SEED, chosen, with_figures
from graftui.results.columns import column
from graftui.settings import Settings
from graftui.show.sparks import BLOCKS, spark
from graftui.tui.cells import columns
from graftui.tui.feed import Source
from graftui.tui.remembered import default_file
from graftui.tui.runs.choosing import ColumnsScreen
from graftui.tui.runs.feed import GroupLine, RunLine, RunsPage, RunsSeen
from graftui.tui.runs.nesting import nested
from graftui.tui.runs.views import View, checked_views, written_views
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, runs, table, until
from tests.tui.test_runs import shown


def seen(settings: Settings, question: RunsPage) -> RunsSeen:
    """What the feed answers, without a reader."""
    with Store.open(settings.db) as store:
        source = Source(settings, store, world.NOW, tuple(store.active()), False)
        return question.feed().read(source, question)


def run_lines(seen: RunsSeen) -> list[RunLine]:
    return [line for line in seen.lines if isinstance(line, RunLine)]


def test_what_runs_stands_above_a_queued_grid_in_any_order(settings: Settings) -> None:
    for n in range(5):
        world.add(settings, f"q{n}", world.config(train__seed=n), created_at=world.NOW + n)
    for sort in ("-created", "name", "-graft"):
        ids = [line.key for line in seen(settings, RunsPage(sort=sort)).lines]
        assert ids[0] == "t8aaff"
        assert len(ids) == len(set(ids)) == 13
    assert seen(settings, RunsPage("status=finished")).lines[0].key != "t8aaff", "it must meet it"


def test_a_live_row_has_the_curve_of_its_loss_and_no_other_has(settings: Settings) -> None:
    first, *rest = run_lines(seen(settings, RunsPage()))
    assert len(first.loss) > 10
    drawn = spark(first.loss, 6)
    assert drawn[0] == BLOCKS[-1]
    assert drawn[-1] == BLOCKS[0], "it falls"
    assert not any(line.loss for line in rest)
    assert (spark([1.0], 3), spark([], 3), spark([float("nan")], 2)) == (BLOCKS[0] * 3, "", "")


def test_any_setting_and_any_figure_is_a_column(settings: Settings) -> None:
    with Store.open(settings.db) as store:
        shown = chosen(store.db, "id, train.lr,agreement ,seed,localizer,graft.sparsity")
        listed = with_figures(store, store.list(sort="created"), shown)
    by_id = {run.id: [c.read(run, world.NOW) for c in shown] for run in listed}
    assert by_id["t3xxbb"] == ["t3xxbb", "0.2", "", "0", "", ""]
    assert by_id["g7kmaa"] == ["g7kmaa", "", "96.4", "0", "learnt", "0.001"]


def test_a_column_that_no_run_here_has_is_empty(settings: Settings) -> None:
    lines = run_lines(seen(settings, RunsPage(columns=("status", "id", "of-another-registry"))))
    assert len(lines) == 8
    mine = columns(80, (("status", 0), ("of-another-registry", 9)))
    assert [mine[1].read(line.run, 0.0) for line in lines] == [""] * 8


async def test_columns_are_chosen_sorted_by_and_remembered(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, ColumnsScreen))
        await pilot.press("slash", *"train.lr", "enter", "space", *"KK", "greater_than_sign")
        await pilot.press("enter")
        await until(pilot, lambda: "train.lr" in dict(rows.layout_now))
        assert shown(rows, "t3xxbb", "train.lr") == "0.2"
        assert runs(pilot).columns[-3] == ("train.lr", 9)
        await pilot.press("s")
        await until(pilot, lambda: "train.lr" in "\n".join(frame(pilot)))
        await pilot.press("escape")
        runs(pilot)._sort("-train.lr")
        await until(pilot, lambda: rows.get_row_index("t4yycc") == 1)
    kept = json.loads(default_file().read_bytes())["runs.columns"]
    assert ["train.lr", 9] in kept
    assert kept[0] == ["status", 0]


def test_groups_say_mean_and_deviation_over_all_but_the_seed(empty: Settings) -> None:
    world.grid(empty)
    groups = [g for g in seen(empty, RunsPage(by=(BUT_SEED,))).lines if isinstance(g, GroupLine)]
    cells = {tuple(sorted(g.ids)): g.group for g in groups}
    assert set(cells) == {("t11", "t12"), ("t21", "t22"), ("g11", "g12"), ("g21", "g22")}
    tuned, graft = column("tuned"), column("graft")
    # Of 20 and 30: their mean, and the root of (25 + 25) / (2 - 1).
    assert cells["t11", "t12"].cell(tuned, world.NOW) == "25.0 ± 7.1"
    assert cells["t11", "t12"].cell(graft, world.NOW) == ""
    assert cells["g21", "g22"].cell(graft, world.NOW, narrow=True) == "27.5±3.5"
    assert cells["t11", "t12"].cell(column("task"), world.NOW) == "pocket-film"
    assert "lr 0.1" in cells["g11", "g12"].label, "a graft has the settings of its fine-tuning"


def test_groups_by_keys_are_in_the_order_of_their_means_and_unfold(empty: Settings) -> None:
    world.grid(empty)
    page = RunsPage("kind=graft", "-graft", by=("train.lr",))
    first, second = (line.key for line in seen(empty, page).lines)
    opened = seen(empty, replace(page, opened=frozenset({first})))
    assert [line.key for line in opened.lines] == [first, "g22", "g21", second]
    assert (opened.rows, opened.total, opened.groups) == (4, 4, 2)
    wrong = seen(empty, RunsPage(by=("no-such-key",)))
    assert wrong.problem
    assert "no-such-key" in wrong.problem.message


async def test_a_key_groups_over_seeds_and_verbs_are_about_a_groups_runs(empty: Settings) -> None:
    world.grid(empty)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("B")
        await until(pilot, lambda: rows.row_count == 4)
        await until(pilot, lambda: "25.0±7.1" in "\n".join(frame(pilot)))
        assert len(runs(pilot).chosen()) == 2
        await pilot.press("enter")
        await until(pilot, lambda: rows.row_count == 6)
        await pilot.press("space")
        await until(pilot, lambda: "2 marked" in frame(pilot)[0])
        await pilot.press("B")
        await until(pilot, lambda: rows.row_count == 8)


def test_a_run_stands_below_what_it_is_made_from(empty: Settings) -> None:
    world.grid(empty)
    lines = run_lines(seen(empty, RunsPage(sort="id", nested=True)))
    assert [(line.key, line.depth) for line in lines] == [
        ("t11", 0), ("g11", 1), ("t12", 0), ("g12", 1),
        ("t21", 0), ("g21", 1), ("t22", 0), ("g22", 1),
    ]  # fmt: skip
    lines = run_lines(seen(empty, RunsPage("kind=graft", sort="id", nested=True)))
    assert [line.depth for line in lines] == [0] * 4, "what they are made from is not in view"


def test_runs_that_are_made_from_each_other_or_in_a_long_chain_are_all_there() -> None:
    def made(id: str, source: str) -> Run:
        given = (GivenInput("finetuned", source),)
        return Run(id=id, name=id, kind="graft", config={}, config_hash="", created_at=0.0,
                   inputs=given)  # fmt: skip

    round_about = [made("a", "b"), made("b", "a"), made("c", "c")]
    assert {run.id for run, _ in nested(round_about)} == {"a", "b", "c"}
    chain = [made(f"r{n}", f"r{n - 1}") for n in range(2000)]
    assert [depth for _, depth in nested(chain)] == list(range(2000))


def test_views_are_read_as_they_were_written_and_what_is_no_view_is_refused() -> None:
    view = View("tag=x", "-graft", ("train.lr",), (("status", 0), ("id", 6)), nested=True)
    views = {"mine": view, "[b]": View()}
    assert checked_views(json.loads(json.dumps(written_views(views)))) == views
    assert written_views({}) is None
    broken: list[Any] = [[], {"x": {}}, {"x": 3}, {"x": {**asdict(view), "columns": [["a"]]}}]
    for raw in broken:
        with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
            checked_views(raw)


async def test_a_view_is_kept_switched_to_and_deleted(
    empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world.grid(empty)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        rows = await filled(pilot)
        await pilot.press("slash", *"kind=graft", "enter", "B")
        await until(pilot, lambda: rows.row_count == 2)
        await pilot.press("v", "w", *"seeds", "enter", "B", "escape")
        await until(pilot, lambda: rows.row_count == 8)
        await pilot.press("v", "end", "enter")  # below those that there are from the first day
        await until(pilot, lambda: rows.row_count == 2)
        assert pilot.app.screen.query_one(Input).value == "kind=graft"
        await pilot.press("v", "end", "d", "escape")
        assert "seeds" not in json.loads(default_file().read_bytes())["runs.views"]


async def test_runs_are_marked_from_here_to_there_and_by_filter(settings: Settings) -> None:
    async with dashboard(settings).run_test(size=(120, 36)) as pilot:
        await filled(pilot)
        ids = [line.key for line in table(pilot).lines]
        await pilot.press("space", "down", "down", "V")
        assert runs(pilot).marked == set(ids[:4])
        await pilot.press("escape", "g", "shift+down", "shift+down")
        assert runs(pilot).marked == set(ids[:3])
        await pilot.press("escape", "slash", *"status=finished", "enter", "M")
        await until(pilot, lambda: runs(pilot).marked == {"t2wqaa", "g7kmaa", "t3xxbb"})
        await pilot.press("M")
        await until(pilot, lambda: not runs(pilot).marked)


def test_groups_that_are_kept_from_look_to_look_are_those_that_are_made_anew(
    empty: Settings,
) -> None:
    world.grid(empty)
    page = RunsPage(sort="-tuned", by=(BUT_SEED,))
    feed = page.feed()
    with Store.open(empty.db) as store:
        source = Source(empty, store, world.NOW, (), False)
        before = feed.read(source, page)
        assert feed.read(source, page).lines == before.lines
        store.update("t11", summary={"finetuned": 0.9}, heard_at=world.NOW)
        after = feed.read(source, page)
        assert after.lines == page.feed().read(source, page).lines != before.lines
        store.delete("g22")
        gone = feed.read(source, page)
        assert gone.lines == page.feed().read(source, page).lines != after.lines
