"""From a recipe to a form and back: chosen by a look at it, saved with what was typed."""

import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from engine.contract.identity import config_hash
from graftui.errors import UsageError
from graftui.planning import library, plans
from graftui.registry.store import Store
from graftui.scheduler import look, submit
from graftui.settings import Settings
from graftui.tui import form
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.messages import Queued, Repeats
from graftui.tui.new import checking, coming, jobs, offers
from graftui.tui.new.field import Field
from graftui.tui.new.picking import RecipeScreen
from graftui.tui.new.screen import NewRunScreen
from tests.tui.conftest import dashboard, until
from tests.tui.test_form import field, prefilled


@pytest.fixture
def pocket(empty: Settings) -> form.Form:
    return form.of_recipe(library.load("pocket", empty))


def hashes(planned: plans.Planned) -> list[str]:
    return [config_hash(plan.config) for plan in planned.plans]


def test_a_saved_form_is_the_same_runs(pocket: form.Form, empty: Settings) -> None:
    values = prefilled(pocket, task__k="32", train__lr="0.1", graft__steps="7")
    jobs.Saving(empty, pocket, values)("mine")
    again = plans.plan(library.load("mine", empty), empty)
    assert hashes(again) == hashes(coming.planned(pocket, values, empty))


def test_axes_are_saved_as_those_of_a_sweep(pocket: form.Form, empty: Settings) -> None:
    values = prefilled(pocket, task__data_seed="13,21", graft__sparsities="[1e-3],[1e-2, 1e-1]")
    jobs.Saving(empty, pocket, values)("grid")
    asked = coming.sweep(form.of_recipe(library.load("grid", empty)), {}, empty)
    assert asked is None, "nothing is typed in the form of what was saved"
    saved = library.load("grid", empty)
    assert saved.sweep["axes"] == {
        "task": {"data_seed": [13, 21]}, "graft": {"sparsities": [[1e-3], [1e-2, 1e-1]]},
    }  # fmt: skip


def test_a_run_again_is_saved_with_what_it_is_made_from(pocket: form.Form, empty: Settings) -> None:
    _, graft = submit.submit(empty, plans.plan(pocket.recipe, empty).plans)
    filled = form.of_rerun(graft)
    values = {entry.path: entry.shown for entry in filled.entries} | {"graft.steps": "9"}
    assert checking.errors(filled, values) == {}, "though its fine-tuning has not finished"
    jobs.Saving(empty, filled, values)("mine")
    recipe = library.load("mine", empty)
    assert list(recipe.parts) == ["finetune", "graft"]
    assert recipe.configs()["graft"].steps == 9  # type: ignore[attr-defined]


def test_what_cannot_be_saved_says_why(pocket: form.Form, empty: Settings) -> None:
    with pytest.raises(UsageError, match=r"train\.lr is wrong"):
        jobs.Saving(empty, pocket, prefilled(pocket, train__lr="fast"))("mine")
    save = jobs.Saving(empty, pocket, prefilled(pocket))
    with pytest.raises(UsageError, match="ships with graftui"):
        save("pocket")
    save("mine")
    again = jobs.Saving(empty, pocket, prefilled(pocket, train__lr="0.1"))
    with pytest.raises(UsageError, match="already"):
        again("mine")
    again("mine")
    assert library.load("mine", empty).configs()["finetune"].train.lr == 0.1  # type: ignore[attr-defined]


def test_what_is_done_already_is_asked_about(
    pocket: form.Form, empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "set_going", lambda _: None)
    values = prefilled(pocket)
    first = jobs.queue(empty, pocket, values)
    assert isinstance(first, Queued)
    again = jobs.queue(empty, pocket, values)
    assert isinstance(again, Repeats)
    assert [run.kind for run in again.runs] == ["graft"], "its fine-tuning is reused"
    told = dict(jobs.foresee(empty, pocket, values).told)
    assert told["reused"] == f"finetune {first.runs[0].id}, which is under way"
    assert told["the same"] == f"graft {first.runs[1].id}, which is under way"
    changed = jobs.queue(empty, pocket, {**values, "graft.steps": "9"})
    assert isinstance(changed, Queued)
    assert len(changed.runs) == 1
    sure = jobs.queue(empty, pocket, values, sure=True)
    assert isinstance(sure, Queued)
    anew = jobs.queue(empty, pocket, {**values, "fresh": True})
    assert isinstance(anew, Queued), "who asks for it afresh means it"


def test_what_it_will_take_is_said_before(settings: Settings) -> None:
    """By the runs of that kind that finished: 42 s each, and a checkpoint."""
    filled = form.of_recipe(library.load("pocket", settings))
    told = dict(jobs.foresee(settings, filled, prefilled(filled)).told)
    assert told["to make"] == "2 runs (1 finetune, 1 graft)"
    assert told["time"] == "about 1:22 min one at a time, by 3 past runs"
    assert told["disk"] == "about 1.24 MB"
    assert "guessed" in told["memory"]
    with Store.open(settings.db) as store, store.db:
        store.db.execute("UPDATE attempts SET peak_bytes = 123000000")
    told = dict(jobs.foresee(settings, filled, prefilled(filled)).told)
    assert told["memory"].startswith("about 1"), "none of the past runs is of that shape"


async def test_fields_go_on_by_themselves(settings: Settings, tmp_path: Path) -> None:
    filled = form.of_recipe(library.load("pocket", settings))
    known = offers.of_form(filled, settings)
    assert {"pocket-film", "pocket-topic", "SST-2"} <= set(known["task.name"])
    assert known["model.name"][:2] == ("pocket:causal-lm", "pocket:masked-lm")
    assert "models/distilbert-mlm" in known["model.name"], "a run had it"
    assert set(known["tags"]) == {"lr", "seed13"}
    assert "train.lr" not in known
    task = offers.Known(known["task.name"], tmp_path, ",")
    assert await task.get_suggestion("pocket-film, pocket-t") == "pocket-film, pocket-topic"
    assert await task.get_suggestion("pocket-film") is None
    assert task.named("pocket-f").split() == ["pocket-film", "pocket-food"]
    (tmp_path / "models" / "mine").mkdir(parents=True)
    assert await task.get_suggestion("models/m") == "models/mine/"
    tags = offers.Known(known["tags"], tmp_path, " ")
    assert await tags.get_suggestion("new s") == "new seed13"


async def chosen(pilot: Pilot[None], word: str) -> NewRunScreen:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, RecipeScreen))
    await until(pilot, lambda: pilot.app.screen.query(OptionList))
    lines = pilot.app.screen.query_one(OptionList)
    await until(pilot, lambda: lines.option_count > 3)
    await pilot.press(*word)
    await until(pilot, lambda: lines.option_count == 1)
    preview = pilot.app.screen.query_one("#recipe", Static)
    await until(pilot, lambda: "[graft]" in str(preview.content))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, NewRunScreen))
    screen = pilot.app.screen
    assert isinstance(screen, NewRunScreen)
    await until(pilot, lambda: screen.query(Field) and screen.focused)
    return screen


async def test_a_recipe_is_found_completed_saved_and_asked_about(
    empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one form, since it takes a while to open. What is offered comes while one types."""
    typed, offer = threading.Event(), jobs.offer
    monkeypatch.setattr(jobs, "offer", lambda *asked: typed.wait(60) and offer(*asked))
    monkeypatch.setattr(look, "set_going", lambda _: None)
    monkeypatch.setattr(jobs, "queue", lambda *_, sure=False: _queued(empty, sure))
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        screen = await chosen(pilot, "whole job")
        box = field(screen, "task.name").query_one(Input)
        box.focus()
        box.value = "pocket-fo"
        box.cursor_position = len(box.value)
        typed.set()
        note = field(screen, "task.name").query_one(".note", Static)
        await until(pilot, lambda: "pocket-food" in str(note.content))
        await until(pilot, lambda: box._suggestion)
        await pilot.press("right")
        assert box.value == "pocket-food"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        pilot.app.screen.query_one(Input).value = "mine"
        await pilot.press("enter")
        await until(pilot, lambda: (empty.root / "recipes" / "mine.toml").exists())
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: screen not in pilot.app.screen_stack)


def _queued(settings: Settings, sure: bool) -> Queued | Repeats:
    if sure:
        return Queued([], [])
    recipe = library.load("pocket", settings)
    return Repeats(submit.submit(settings, plans.plan(recipe, settings).plans))
