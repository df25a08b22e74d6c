"""Axes typed into a form: the same sweep as the command line makes, errors at their fields."""

from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from graftui.cli.commands import searching, sweeps
from graftui.planning import library
from graftui.planning.sweeps import making
from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.sweep import Sweep
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.settings import Settings
from graftui.tui import form
from graftui.tui.app import GraftuiApp
from graftui.tui.new import checking, coming
from graftui.tui.new.screen import NewRunScreen
from graftui.tui.sweep.screen import SweepScreen
from tests.tui.conftest import dashboard, until
from tests.tui.test_form import choose_pocket, field, prefilled

OWN_AXES = """
[finetune]
model.name = "pocket:masked-lm"
task.name = "pocket-film"
[sweep.axes]
task.data_seed = [13, 21]
"""


def typed_at_the_command_line(recipe: str, grid: list[str], sets: list[str], at: Settings) -> Sweep:
    typed = sweeps.Typed(grid, [], [], 0, 0)
    none = searching.Goal([], 0, "", "", "", 0)
    return sweeps.asked_for(library.load(recipe, at), typed, none, sets, "", ["a", "b"])


@pytest.mark.parametrize(
    ("grid", "sets"),
    [
        (["task.data_seed=13,21,42"], []),
        (["task.data_seed=13, 21", "train.lr=1e-2,0.1"], ["train.steps=15"]),
        (["graft.sparsities=[1e-4,1e-3],[1e-2]"], []),
        (["graft.localizer=learnt,movement"], ["graft.sparsities=1e-4, 1e-3"]),
        (["graft.learn=yes,no"], []),
    ],
)
def test_it_is_the_sweep_of_the_command_line(
    empty: Settings, grid: list[str], sets: list[str]
) -> None:
    pocket = form.of_recipe(library.load("pocket", empty))
    typed = dict(each.split("=", 1) for each in (*grid, *sets))
    filled = prefilled(pocket, tags="a b") | typed
    assert checking.errors(pocket, filled) == {}
    made = coming.sweep(pocket, filled, empty)
    wanted = typed_at_the_command_line("pocket", grid, sets, empty)
    assert made is not None
    assert replace(made, created_at=0.0) == replace(wanted, created_at=0.0)
    assert making.make(made, empty, queue=False).cells


def test_the_axes_of_the_recipe_are_axes_of_the_sweep_too(empty: Settings) -> None:
    (empty.root / "recipes").mkdir()
    (empty.root / "recipes/own.toml").write_text(OWN_AXES)
    own = form.of_recipe(library.load("own", empty))
    made = coming.sweep(own, prefilled(own, train__lr="0.1,0.2"), empty)
    wanted = typed_at_the_command_line("own", ["train.lr=0.1,0.2"], [], empty)
    assert made is not None
    assert made.wanted == wanted.wanted
    assert making.count(made) == 4


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("task.data_seed", "13,21,many", "many: should be a valid integer"),
        ("task.data_seed", "13,,42", "a value is missing"),
        ("task.data_seed", "13,21,13", "has 13 twice"),
        ("train.lr", "0.1,-1", "greater than 0"),
        ("graft.sparsities", "[1e-3],[2.5]", "less than or equal to 1"),
        ("task.name", "pocket-film,pocket-fil", "Did you mean pocket-film"),
        ("graft.localizer", "learnt,lerant", "one of fisher, "),
    ],
)
def test_a_value_that_is_wrong_is_named_at_its_field(
    empty: Settings, path: str, value: str, says: str
) -> None:
    pocket = form.of_recipe(library.load("pocket", empty))
    found = checking.errors(pocket, prefilled(pocket) | {path: value})
    assert list(found) == [path]
    assert says in found[path]


def test_commas_in_quotes_or_left_alone_are_text(empty: Settings) -> None:
    recipe = library.load("pocket", empty)
    prose = "*sent_0*, which is *mask*"
    recipe.parts["finetune"]["task"]["prompt"] = prose
    made = form.of_recipe(recipe)
    entry = next(e for e in made.entries if e.path == "task.prompt")
    assert form.typed(entry, entry.shown) == prose
    edited = f"{entry.shown}".replace("which", "that")
    filled = prefilled(made, task__prompt=edited)
    assert coming.sweep(made, filled, empty) is None
    (override,) = coming.overrides(made, filled)
    assert override.value == prose.replace("which", "that")


async def test_a_grid_is_typed_and_its_matrix_opens(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "set_going", lambda _: None)
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        screen = await choose_pocket(pilot)
        field(screen, "task.data_seed").query_one(Input).value = "13,21,42"
        localizer = field(screen, "graft.localizer")
        await pilot.press("ctrl+f", *"graft.localizer", "enter", "comma", *"movement")
        await until(pilot, lambda: localizer.value == "learnt,movement")
        told = screen.query_one("#form-coming", Static)
        await until(pilot, lambda: "9 runs (3 finetune, 6 graft)" in str(told.content))
        assert "sweep 6 cells" in str(told.content)
        assert "done 0 cells" in str(told.content)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, SweepScreen))
    (made,), _ = files.listed(empty)
    assert len(made.cells) == 6
    with Store.open(empty.db) as store:
        assert store.count() == 9


async def test_who_only_looks_plans_nothing(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planning writes into the registry what has become of its runs."""
    planned: list[Sweep] = []
    monkeypatch.setattr(making, "make", lambda sweep, *_, **__: planned.append(sweep))
    async with GraftuiApp(empty, read_only=True).run_test(size=(80, 24)) as pilot:
        screen = NewRunScreen(empty, form.of_recipe(library.load("pocket", empty)))
        await pilot.app.push_screen(screen)
        box = field(screen, "task.data_seed")
        box.query_one(Input).value = "13,21"
        await until(pilot, lambda: box.has_class("-axis"))
        # Textual waits for all workers where it is given none: for the reader too, for ever.
        await until(pilot, lambda: all(w.name == "reader" for w in pilot.app.workers))
    assert planned == []
