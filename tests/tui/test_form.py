"""The form of a new run: made from the schema, wrong values are named at their fields."""

import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from engine.contract import schema
from graftui.models import RunStatus
from graftui.planning import library, recipes
from graftui.planning.overrides import Override, Source
from graftui.planning.recipes import Recipe
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui import form
from graftui.tui.app import GraftuiApp
from graftui.tui.new import checking, coming
from graftui.tui.new.field import Field
from graftui.tui.new.picking import RecipeScreen
from graftui.tui.new.screen import NewRunScreen
from tests.tui.conftest import dashboard, filled, until


@pytest.fixture
def pocket(empty: Settings) -> form.Form:
    return form.of_recipe(library.load("pocket", empty))


def prefilled(filled: form.Form, **changes: form.Value) -> dict[str, form.Value]:
    values = {entry.path: entry.shown for entry in filled.entries}
    return values | {path.replace("__", "."): value for path, value in changes.items()}


def test_it_has_every_setting_once(pocket: form.Form) -> None:
    paths = [entry.path for entry in pocket.entries]
    assert len(set(paths)) == len(paths)
    assert {s.path for s in schema.settings("finetune")} <= set(paths)
    own = {s.path for s in schema.settings("graft") if s.path.startswith("graft.")}
    assert own <= set(paths)


def test_prefilled_it_changes_nothing_and_is_right(pocket: form.Form) -> None:
    values = prefilled(pocket)
    assert coming.overrides(pocket, values) == ()
    assert checking.errors(pocket, values) == {}


def test_changes_reach_both_parts(pocket: form.Form) -> None:
    values = prefilled(
        pocket, task__k="32", graft__sparsities="1e-4, 0.001", task__label_words="0 = bad, 1 = good"
    )
    assert checking.errors(pocket, values) == {}
    made = pocket.recipe.configs(coming.overrides(pocket, values))
    for part in ("finetune", "graft"):
        assert made[part].task.k == 32  # type: ignore[attr-defined]
        assert made[part].task.label_words == {"0": "bad", "1": "good"}  # type: ignore[attr-defined]
    assert made["graft"].sparsities == (1e-4, 1e-3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("train.lr", "fast", "number"),
        ("train.lr", "-1", "greater than 0"),
        ("task.k", "", "integer"),
        ("task.name", "pocket-fil", "Did you mean pocket-film"),
        ("model.name", "pocket:nothing", "no pocket model"),
        ("graft.sparsity", "2.5", "less than or equal to 1"),
        ("task.prompt", "It was great.", "has no *mask*"),
        ("task.label_words", "9 = nine", "has no label '9'"),
        ("task.prompt_id", "3", "need task.prompt_file"),
        ("task.data", "/no/such", "there is no such folder"),
        ("graft.learn", False, "evaluates the base patch alone"),
        ("graft.sparsities", "0.1, 0.1", "same value twice"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(
    pocket: form.Form, path: str, value: form.Value, says: str
) -> None:
    filled = prefilled(pocket) | {path: value}
    found = checking.errors(
        pocket, filled | ({"graft.localizer": "fisher"} if value is False else {})
    )
    assert list(found) == [path]
    assert says in found[path]


def test_what_the_chosen_localizer_does_not_use_is_named_where_it_is_changed(
    pocket: form.Form,
) -> None:
    """What the recipe has for its own localizer stays as it is."""
    filled = prefilled(pocket) | {"graft.localizer": "straight-through", "graft.steps": "9"}
    assert checking.errors(pocket, filled) == {}
    found = checking.errors(pocket, filled | {"graft.lr": "3.0"})
    assert list(found) == ["graft.lr"]
    assert "graft.lr is not used by graft.localizer = straight-through" in found["graft.lr"]


@given(st.data())
def test_what_a_field_shows_at_first_is_what_the_run_had(data: st.DataObject) -> None:
    """Whatever its letters: a field that is left alone, or typed again, changes nothing."""
    text = st.text(st.characters(exclude_categories=["Cs"]))
    body = {
        "model": {"name": data.draw(text)},
        "task": {"also_test": data.draw(st.lists(text)), "prompt": data.draw(text),
                 "label_words": data.draw(st.dictionaries(text, text))},
        "sparsity": data.draw(st.floats(0, 1, exclude_min=True) | st.integers(1, 9)),
    }  # fmt: skip
    recipe = Recipe("mine", "", {"graft": body}, {"graft": "graft"}, {})
    flat = schema.flatten(recipe.configs()["graft"])
    for entry in form.of_recipe(recipe).entries:
        assert visible(str(entry.shown)) == str(entry.shown)
        if entry.part:
            value = flat[entry.path]
            again = form.typed(entry, entry.shown)
            assert repr(again) == repr(list(value) if isinstance(value, tuple) else value)


def test_a_field_gives_a_typed_value(pocket: form.Form) -> None:
    values = prefilled(pocket, model__name="2024", task__also_test="[mr]", graft__sparsity="1")
    assert coming.overrides(pocket, values) == (
        Override("model.name", "2024", Source.form),
        Override("task.also_test", ["mr"], Source.form),
        Override("graft.sparsity", 1, Source.form),
    )


def test_all_that_is_wrong_is_named(pocket: form.Form) -> None:
    values = prefilled(pocket, task__k="many", model__name="pocket:nothing")
    assert set(checking.errors(pocket, values)) == {"task.k", "model.name"}


async def choose_pocket(pilot: Pilot[None]) -> NewRunScreen:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, RecipeScreen))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))
    screen = pilot.app.screen
    assert isinstance(screen, NewRunScreen)
    await until(pilot, lambda: screen.query(Field) and screen.focused)
    return screen


def field(screen: NewRunScreen, path: str) -> Field:
    return next(found for found in screen.query(Field) if found.entry.path == path)


def fine(box: Any) -> bool:
    return not box.problem


MISTAKES = (
    ("model.name", "pocket:nothing", "there is no pocket model 'pocket:nothing'"),
    ("model.name", "/no/such: folder", "there is no such folder with a config.json"),
    ("train.lr", "a: b", "should be a valid number"),
    ("graft.sparsities", "0.1, 0.1", "sparsities: the same value twice"),
)


async def test_errors_stand_at_their_fields(empty: Settings) -> None:
    """In one form, since it takes a while to open."""
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        screen = await choose_pocket(pilot)
        await an_error_stands_at_its_field_and_nothing_is_queued(pilot, screen)
        await an_error_shows_its_beginning(pilot, screen)
    with Store.open(empty.db) as store:
        assert store.count() == 0


async def an_error_stands_at_its_field_and_nothing_is_queued(
    pilot: Pilot[None], screen: NewRunScreen
) -> None:
    box = field(screen, "train.lr")
    before = box.query_one(Input).value
    box.query_one(Input).value = "fast"
    await until(pilot, lambda: box.has_class("-wrong"))
    assert "number" in str(box.query_one(".note", Static).content)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: box.query_one(Input).has_focus)
    assert pilot.app.screen is screen
    box.query_one(Input).value = "0.1"
    await until(pilot, lambda: not box.has_class("-wrong"))
    assert box.has_class("-changed")
    box.query_one(Input).value = before
    await until(pilot, lambda: not box.has_class("-changed"))


async def an_error_shows_its_beginning(pilot: Pilot[None], screen: NewRunScreen) -> None:
    for path, value, begins in MISTAKES:
        box = field(screen, path)
        box.focus_box()  # its section may be folded
        before = box.query_one(Input).value
        box.query_one(Input).value = value
        await until(pilot, partial(getattr, box, "problem"))
        assert str(box.query_one(".note", Static).content).startswith(f"✗ {begins}")
        box.query_one(Input).value = before
        await until(pilot, partial(fine, box))


async def test_a_key_costs_neither_a_layout_nor_a_check_in_the_thread_that_draws(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def errors(filled: form.Form, values: dict[str, form.Value]) -> dict[str, str]:
        threads.append(threading.current_thread().name)
        return {}

    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        screen = await choose_pocket(pilot)
        monkeypatch.setattr(checking, "errors", errors)
        field(screen, "train.lr").focus_box()
        layouts: list[object] = []
        screen.screen_layout_refresh_signal.subscribe(screen, layouts.append, immediate=True)
        await pilot.press("1")  # it is marked as changed
        await until(pilot, lambda: threads)
        while layouts:  # of what that first key brought about
            layouts.clear()
            await pilot.pause(0.5)
        threads.clear()
        for key in "0123456789":
            pilot.app.post_message(events.Key(key, key))
        await until(pilot, lambda: str(field(screen, "train.lr").value).endswith("0123456789"))
        await until(pilot, lambda: threads)
        assert layouts == []
        assert len(threads) < 10
        assert threading.main_thread().name not in threads


async def test_queued_runs_are_selected(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []
    told: list[str] = []  # toasts go by themselves, on a busy machine before anybody looks
    monkeypatch.setattr(look, "set_going", asked.append)
    monkeypatch.setattr(GraftuiApp, "notify", lambda self, text, **more: told.append(text))
    async with dashboard(empty).run_test(size=(100, 30)) as pilot:
        screen = await choose_pocket(pilot)
        field(screen, "train.lr").query_one(Input).value = "0.1"
        await pilot.press("down")
        await until(pilot, lambda: field(screen, "tags").query_one(Input).has_focus)
        await pilot.press(*"lr first")
        await until(pilot, lambda: field(screen, "tags").value == "lr first")
        await pilot.press("ctrl+r")
        rows = await filled(pilot, 2)
        with Store.open(empty.db) as store:
            graft, tune = store.list()
        await until(pilot, lambda: rows.selected == tune.id)
        await until(pilot, lambda: told)
    assert told == [f"Queued finetune {tune.id}, graft {graft.id}."]
    assert asked == [empty]
    assert (tune.kind, tune.status, tune.tags) == ("finetune", RunStatus.queued, ("lr", "first"))
    assert tune.config["train"]["lr"] == 0.1
    assert graft.parent == tune.id


def test_a_curve_has_no_field_for_the_sparsity_that_it_does_not_use() -> None:
    """There it would look as if it counted."""
    curve = recipes.loads('[graft]\nsparsities = [1e-3, 1e-2]\nfinetuned.path = "x"\n', "curve")
    paths = {entry.path for entry in form.of_recipe(curve).entries}
    assert "graft.sparsities" in paths
    assert "graft.sparsity" not in paths
    single = recipes.loads('[graft]\nfinetuned.path = "x"\n', "single")
    assert "graft.sparsity" in {entry.path for entry in form.of_recipe(single).entries}
