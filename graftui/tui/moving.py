"""The keys that go up and down a table, the same in each. Owns no action: tables have them."""

from textual.binding import Binding


def bindings(row: str) -> list[Binding]:
    """For a table whose rows are each a `row`."""
    return [
        Binding("j", "cursor_down", "Down", show=False, id="move.down", tooltip=f"the {row} below"),
        Binding("k", "cursor_up", "Up", show=False, id="move.up", tooltip=f"the {row} above"),
        Binding("g", "scroll_top", "Top", show=False, id="move.top", tooltip=f"the first {row}"),
        Binding("G", "scroll_bottom", "Bottom", show=False, id="move.bottom",
                tooltip=f"the last {row}"),
    ]  # fmt: skip
