"""What stands where in a form: what matters first, what is searched, what is wrong."""

from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from graftui.settings import Settings
from graftui.tui.new.field import Field
from graftui.tui.new.screen import NewRunScreen
from tests.tui.conftest import dashboard, frame, still, until
from tests.tui.test_form import choose_pocket, field

GIVEN = {
    "model.name", "task.name", "task.type", "task.k", "task.data_seed",
    "train.optimizer", "train.lr", "train.steps", "train.batch_size", "train.eval_every",
    "graft.sparsity", "graft.steps", "graft.lr",
}  # fmt: skip
"""What data/recipes/pocket-causal.toml says."""


def seen(screen: NewRunScreen) -> list[str]:
    return [each.entry.path for each in screen.query(Field) if each.display]


def settings_seen(screen: NewRunScreen) -> set[str]:
    return set(seen(screen)) - {"name", "tags", "fresh"}


async def test_what_matters_is_seen(empty: Settings) -> None:
    """In one form, since it takes a while to open."""
    async with dashboard(empty).run_test(size=(120, 36)) as pilot:
        screen = await choose_pocket(pilot)
        assert settings_seen(screen) == GIVEN
        await a_section_opens_and_closes(pilot, screen)
        await what_is_searched_is_seen_alone(pilot, screen)
        await what_was_changed_goes_to_the_top(pilot, screen)
        await what_is_wrong_is_seen_in_a_folded_section(pilot, screen)


async def a_section_opens_and_closes(pilot: Pilot[None], screen: NewRunScreen) -> None:
    field(screen, "fresh").focus_box()
    await pilot.press("down", "enter")
    own = {"model.name", "model.revision", "model.trust_remote_code"}
    await until(pilot, lambda: settings_seen(screen) == GIVEN | own)
    await pilot.press("space")
    await until(pilot, lambda: settings_seen(screen) == GIVEN)


async def what_is_searched_is_seen_alone(pilot: Pilot[None], screen: NewRunScreen) -> None:
    await pilot.press("slash", *"few-shot")
    await until(pilot, lambda: settings_seen(screen) == {"task.data_seed"})
    await pilot.press("enter")
    box = field(screen, "task.data_seed").query_one(Input)
    await until(pilot, lambda: box.has_focus)
    await pilot.press("escape")
    await until(pilot, lambda: settings_seen(screen) == GIVEN)
    await pilot.press("ctrl+f", *"nonsense")
    await until(pilot, lambda: any("No setting has 'nonsense'" in line for line in frame(pilot)))
    await pilot.press("escape")
    assert pilot.app.screen is screen


async def what_was_changed_goes_to_the_top(pilot: Pilot[None], screen: NewRunScreen) -> None:
    before = seen(screen)
    lr = field(screen, "train.lr")
    lr.focus_box()
    await until(pilot, lambda: lr.query_one(Input).has_focus)
    await pilot.press("end", "1", "down")
    await until(pilot, lambda: seen(screen)[3] == "train.lr")
    assert field(screen, "train.steps").query_one(Input).has_focus
    assert any("  train.lr " in line and "0.051" in line for line in frame(pilot))
    lr.focus_box()
    await until(pilot, lambda: lr.query_one(Input).has_focus)
    await pilot.press("end", "backspace", "up")
    await until(pilot, lambda: seen(screen) == before)


async def what_is_wrong_is_seen_in_a_folded_section(
    pilot: Pilot[None], screen: NewRunScreen
) -> None:
    box = field(screen, "compute.threads")
    box.query_one(Input).value = "many"
    await until(pilot, partial(getattr, box, "problem"))
    await pilot.press("ctrl+r")
    await until(pilot, lambda: box.query_one(Input).has_focus)
    assert box.display


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["wide", "narrow"])
def test_picture(empty: Settings, snap_compare: Any, size: tuple[int, int]) -> None:
    """With a change and an error."""

    async def prepare(pilot: Pilot[None]) -> None:
        screen = await choose_pocket(pilot)
        field(screen, "task.data_seed").query_one(Input).value = "13,21,42"
        box = field(screen, "train.lr")
        box.query_one(Input).value = "fast"
        await until(pilot, partial(getattr, box, "problem"))
        await still(pilot)

    assert snap_compare(dashboard(empty), terminal_size=size, run_before=prepare)
