"""The tab of files: what lies in a run's folder, opened in another program, or its path copied."""

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from graftui.measured import Artifact
from graftui.results.figures import counted, file_size
from graftui.tui.run.feed import Detail
from graftui.tui.run.pane import Pane
from graftui.tui.text import data
from graftui.tui.verbs.files import FileWanted

_SIZE = 8
"""Cells of a size."""


class FileList(OptionList):
    """A line a file."""

    BINDINGS = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
        Binding("enter", "open('PAGER')", "Pager", id="run.pager",
                tooltip="the file in $PAGER, or less"),
        Binding("E", "open('EDITOR')", "Editor", id="run.editor",
                tooltip="the file in $VISUAL or $EDITOR, or vi"),
        Binding("y", "copy", "Copy path", id="run.copy_path",
                tooltip="copy the path of the file"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.folder = ""
        self.files: tuple[Artifact, ...] = ()

    @property
    def path(self) -> Path | None:
        """Of the file under the cursor."""
        at = self.highlighted
        return None if at is None else Path(self.folder) / self.files[at].path

    def action_open(self, program: str) -> None:
        """Have it shown."""
        if path := self.path:
            self.post_message(FileWanted(path, program))

    def action_copy(self) -> None:
        """To the clipboard."""
        if path := self.path:
            self.app.copy_to_clipboard(str(path))
            self.notify(f"Copied {path}.")


class FilesPane(Pane):
    """The folder above, its files below."""

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield FileList()
        yield Static(classes="note")

    def inside(self) -> FileList:
        """The list."""
        return self.query_one(FileList)

    def show(self, detail: Detail) -> None:
        """Only what changed: the cursor stays."""
        files = self.inside()
        if detail.files is None or (detail.files, detail.folder) == (files.files, files.folder):
            return
        at = files.highlighted or 0
        files.files, files.folder = detail.files, detail.folder
        files.clear_options()
        files.add_options([Option(_line(file)) for file in detail.files])
        if detail.files:
            files.highlighted = min(at, len(detail.files) - 1)
        whole = sum(file.bytes for file in detail.files if not file.gone)
        words = f" {counted(len(detail.files), 'file')}, {file_size(whole)}   {detail.folder}"
        self.query_one(Static).update(data(words, "$text-muted"))

    def forget(self) -> None:
        """Another folder."""
        self.inside().highlighted = None


def _line(file: Artifact) -> Content:
    size = "gone" if file.gone else file_size(file.bytes)
    name = data(file.path, "$text-disabled" if file.gone else "")
    kind = data(file.kind, "$text-muted")
    return Content.assemble((f"{size:>{_SIZE}}  ", "$text-muted"), name, "   ", kind)
