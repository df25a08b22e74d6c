"""The table of runs as its user has it: columns, order, what stands above."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

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
from tests.tui import world
from tests.tui.conftest import dashboard, filled, frame, runs, until


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
        await until(
            pilot, lambda: "train.lr" in [str(c.label).strip() for c in rows.ordered_columns]
        )
        assert str(rows.get_cell("t3xxbb", "train.lr")) == "0.2"
        assert runs(pilot).columns[-3] == ("train.lr", 9)
        await pilot.press("s")
        await until(pilot, lambda: "train.lr" in "\n".join(frame(pilot)))
        await pilot.press("escape")
        runs(pilot)._sort("-train.lr")
        await until(pilot, lambda: rows.get_row_index("t4yycc") == 1)
    kept = json.loads(default_file().read_bytes())["runs.columns"]
    assert ["train.lr", 9] in kept
    assert kept[0] == ["status", 0]


def grid(settings: Settings) -> None:
    """Two learning rates with two seeds each, and a graft of each run."""
    for lr in (0.1, 0.2):
        for seed in (1, 2):
            tuned = f"t{int(10 * lr)}{seed}"
            about = world.config(train__lr=lr, train__seed=seed)
            world.add(settings, tuned, about, world.finetuned(world.NOW - 500, lr + seed / 10))
            cut = world.config("graft", seed=seed, finetuned={"config_hash": tuned})
            said = world.grafted(world.NOW - 300, 3, lr + seed / 20)
            world.add(settings, f"g{int(10 * lr)}{seed}", cut, said, parent=tuned)


def test_groups_say_mean_and_deviation_over_all_but_the_seed(empty: Settings) -> None:
    grid(empty)
    groups = [g for g in seen(empty, RunsPage(by=(BUT_SEED,))).lines if isinstance(g, GroupLine)]
    cells = {tuple(sorted(g.ids)): g.group for g in groups}
    assert set(cells) == {("t11", "t12"), ("t21", "t22"), ("g11", "g12"), ("g21", "g22")}
    tuned, graft = column("tuned"), column("graft")
    # Of 20 and 30: their mean, and the root of (25 + 25) / (2 - 1).
    assert cells["t11", "t12"].cell(tuned, world.NOW) == "25.0 ± 7.1"
    assert cells["t11", "t12"].cell(graft, world.NOW) == ""
    assert cells["g21", "g22"].cell(graft, world.NOW, gap="") == "27.5±3.5"
    assert cells["t11", "t12"].cell(column("task"), world.NOW) == "pocket-film"
    assert "lr 0.1" in cells["g11", "g12"].label, "a graft has the settings of its fine-tuning"


def test_groups_by_keys_are_in_the_order_of_their_means_and_unfold(empty: Settings) -> None:
    grid(empty)
    page = RunsPage("kind=graft", "-graft", by=("train.lr",))
    first, second = (line.key for line in seen(empty, page).lines)
    opened = seen(empty, replace(page, opened=frozenset({first})))
    assert [line.key for line in opened.lines] == [first, "g22", "g21", second]
    assert (opened.rows, opened.total, opened.groups) == (4, 4, 2)
    wrong = seen(empty, RunsPage(by=("no-such-key",)))
    assert wrong.problem
    assert "no-such-key" in wrong.problem.message


async def test_a_key_groups_over_seeds_and_verbs_are_about_a_groups_runs(empty: Settings) -> None:
    grid(empty)
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
