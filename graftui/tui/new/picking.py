"""The recipes, found by a word and looked at before one is chosen.

Returns the name of what was chosen. Reads nothing itself: the texts come with the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from graftui.text import visible
from graftui.tui.completed import PlainInput
from graftui.tui.text import cut, data

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.planning.library import RecipeInfo

_NAME = 24
"""Cells of a name, at most."""


class RecipeScreen(ModalScreen[str | None]):
    """A line to search in, the recipes that have it, and the one under the cursor as it is."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.leave_recipes",
                tooltip="back, without a recipe"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "scroll(1)", "Further", show=False, id="dialog.recipe_down",
                tooltip="further down in the recipe"),
        Binding("pageup", "scroll(-1)", "Back up", show=False, id="dialog.recipe_up",
                tooltip="further up in the recipe"),
    ]  # fmt: skip

    def __init__(self, recipes: Sequence[RecipeInfo], texts: Mapping[str, str]) -> None:
        """`texts`: path of a recipe -> what is written in it."""
        super().__init__()
        self._recipes = {recipe.name: recipe for recipe in recipes}
        self._texts = texts

    def compose(self) -> ComposeResult:
        """From top to bottom; the recipe beside the list where there is room."""
        with Vertical(classes="dialog recipes"):
            yield Label("Which recipe?", classes="title")
            yield PlainInput(placeholder="a word of its name, kinds, title or text", compact=True)
            with Container(id="recipes"):
                yield OptionList(compact=True)
                with VerticalScroll(can_focus=False):
                    yield Static(id="recipe")
            yield Label("type to search   enter choose   pgdn further   esc back", classes="keys")

    def on_mount(self) -> None:
        """All of them."""
        self._fill("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, words: str) -> None:
        wanted = [recipe for recipe in self._recipes.values() if self._has(recipe, words)]
        width = min(_NAME, max((cell_len(visible(each.name)) for each in wanted), default=0))
        lines = self.query_one(OptionList)
        lines.set_options([_line(recipe, width) for recipe in wanted])
        lines.highlighted = 0 if wanted else None
        if not wanted:
            none = f"No recipe has {words!r}.\n\nOne is a file NAME.toml in recipes/."
            self.query_one("#recipe", Static).update(Content.styled(visible(none), "$warning"))

    def _has(self, recipe: RecipeInfo, words: str) -> bool:
        text = " ".join(
            (recipe.name, *recipe.parts, recipe.title, self._texts.get(recipe.path, ""))
        )
        return all(word in text.lower() for word in words.lower().split())

    @on(OptionList.OptionHighlighted)
    def _looked_at(self, event: OptionList.OptionHighlighted) -> None:
        recipe = self._recipes[str(event.option_id)]
        self.query_one("#recipe", Static).update(_told(recipe, self._texts.get(recipe.path, "")))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_move(self, by: int) -> None:
        """The cursor of the list, while one types in the box."""
        lines = self.query_one(OptionList)
        (lines.action_cursor_down if by > 0 else lines.action_cursor_up)()

    def action_scroll(self, by: int) -> None:
        """The recipe, by a page."""
        body = self.query_one(VerticalScroll)
        body.scroll_relative(y=by * max(1, body.size.height - 1), animate=False)

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


def _line(recipe: RecipeInfo, width: int) -> Option:
    name = set_cell_size(cut(visible(recipe.name), width), width)
    about = data(recipe.title or " + ".join(recipe.parts), "$text-muted")
    if recipe.problem:
        about = data(f"✗ {recipe.problem}", "$error")
    return Option(Content.assemble((name, "bold"), "  ", about), recipe.name)


def _told(recipe: RecipeInfo, text: str) -> Content:
    """What it is, where it lies, and what is written in it."""
    lines = [
        data(recipe.name, "bold $primary"),
        data(f"{' + '.join(recipe.parts)}   {recipe.source}   {recipe.path}", "$text-muted"),
    ]
    if recipe.problem:
        lines.append(data(f"✗ {recipe.problem}", "$error"))
    return Content("\n").join([*lines, Content(""), *map(_written, text.splitlines())])


def _written(line: str) -> Content:
    style = {"[": "bold $secondary", "#": "$text-muted"}.get(line.lstrip()[:1], "")
    return data(line.expandtabs(4), style)
