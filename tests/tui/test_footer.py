"""The line of keys: one widget, of which each key can be clicked."""

from textual.app import App, ComposeResult
from textual.binding import Binding

from graftui.tui.footer import KeyFooter, KeyLine


class Told(App[None]):
    """Two keys, of which one does nothing now; a third that is not shown."""

    BINDINGS = [
        Binding("g", "go", "Go", tooltip="go there"),
        Binding("G", "go", "Go as well"),
        Binding("s", "stay", "Stay"),
        Binding("h", "hide", "Hide", show=False),
    ]
    went = 0
    stands = True

    def compose(self) -> ComposeResult:
        yield KeyFooter()

    def action_go(self) -> None:
        self.went += 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "stay" and self.stands else True


async def test_each_key_stands_there_once_and_a_click_presses_it() -> None:
    app = Told()
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        line = app.query_one(KeyLine)
        assert line.render().plain == " g Go  s Stay "
        assert [hint.enabled for hint in line.hints] == [True, False]
        assert not line.children
        await pilot.click(offset=(5, 3))
        await pilot.pause()
        assert app.went == 1
        await pilot.hover(offset=(1, 3))
        assert str(line.tooltip) == "go there"
        await pilot.click(offset=(30, 3))  # where no key is
        await pilot.click(offset=(8, 3))  # one that does nothing
        await pilot.pause()
        assert app.went == 1
        app.stands = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        assert [hint.enabled for hint in line.hints] == [True, True]
