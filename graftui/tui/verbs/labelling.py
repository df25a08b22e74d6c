"""What a user says of runs: tags, a note, a star, that they are put away, another name.

A screen takes the keys by `bindings`, and has an `action_label` that calls `VERBS`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from textual.binding import Binding

from graftui.models import Run
from graftui.results.figures import counted
from graftui.scheduler.labels import Reached, TagChanges
from graftui.settings import Settings
from graftui.tui.dialogs.tagging import TagScreen
from graftui.tui.dialogs.writing import NameScreen, NoteScreen
from graftui.tui.live import LiveScreen
from graftui.tui.messages import LabelsRead, Told
from graftui.tui.verbs import label_jobs
from graftui.tui.verbs.bulk import bulk
from graftui.tui.verbs.opening import opening

Job = Callable[[Settings, Sequence[str], Any, Reached], Told]


def bindings(section: str, *verbs: str) -> list[Binding]:
    """Keys of `verbs`, or of all, for a screen whose ids begin with `section`."""
    told = (
        ("t", "tag", "Tag", "", "tag it, or the marked ones: +paper -draft"),
        ("w", "note", "Note", "", "write a note on it, or on the marked ones"),
        ("asterisk", "star", "Star", "*", "star it, or the marked ones; again: no star"),
        ("a", "archive", "Archive", "", "put it, or the marked ones, away: archived=yes has them"),
        ("f2", "rename", "Rename", "", "give it, or the marked ones, another name"),
    )  # fmt: skip
    return [
        Binding(key, f"label('{verb}')", title, show=False, key_display=shown or None,
                id=f"{section}.{verb}", tooltip=text)
        for key, verb, title, shown, text in told
        if not verbs or verb in verbs
    ]  # fmt: skip


def tag(screen: LiveScreen[Any], ids: Sequence[str]) -> None:
    """Add and take away tags."""

    def ask(read: LabelsRead) -> None:
        def typed(changes: TagChanges | None) -> None:
            if changes:
                _change(screen, read.runs, f"Tagging {changes}", label_jobs.tag, changes)

        screen.app.push_screen(TagScreen(read.runs, read.tags), typed)

    _read(screen, ids, ask)


def note(screen: LiveScreen[Any], ids: Sequence[str]) -> None:
    """Write what is to be remembered of them."""

    def ask(read: LabelsRead) -> None:
        def written(text: str | None) -> None:
            if text is not None:
                _change(screen, read.runs, "Writing the note", label_jobs.note, text)

        screen.app.push_screen(NoteScreen(_of(read.runs), _notes(read.runs)), written)

    _read(screen, ids, ask)


def rename(screen: LiveScreen[Any], ids: Sequence[str]) -> None:
    """Give them another name."""

    def ask(read: LabelsRead) -> None:
        def typed(name: str | None) -> None:
            if name:
                _change(screen, read.runs, "Renaming", label_jobs.rename, name)

        screen.app.push_screen(NameScreen(f"Name of {_of(read.runs)}", _names(read.runs)), typed)

    _read(screen, ids, ask)


def star(screen: LiveScreen[Any], ids: Sequence[str]) -> None:
    """Star them, or take the stars away."""
    job = partial(label_jobs.toggle, screen.settings, ids, "star")
    bulk(screen, "Starring", len(ids), job)


def archive(screen: LiveScreen[Any], ids: Sequence[str]) -> None:
    """Put them away, or have them back."""
    job = partial(label_jobs.toggle, screen.settings, ids, "archived")
    bulk(screen, "Archiving", len(ids), job)


VERBS: Mapping[str, Callable[[LiveScreen[Any], Sequence[str]], None]] = {
    "tag": tag, "note": note, "rename": rename, "star": star, "archive": archive,
}  # fmt: skip
"""What each key does, for `action_label`."""


def _read(screen: LiveScreen[Any], ids: Sequence[str], then: Callable[[LabelsRead], None]) -> None:
    """As they are now; nothing is asked of runs that are gone."""

    def asked(read: LabelsRead) -> None:
        if read.runs:
            then(read)

    opening(screen, "Reading the runs", partial(label_jobs.read, screen.settings, ids), asked)


def _change(screen: LiveScreen[Any], runs: Sequence[Run], what: str, job: Job, value: Any) -> None:
    ids = [run.id for run in runs]
    bulk(screen, what, len(ids), partial(job, screen.settings, ids, value))


def _of(runs: Sequence[Run]) -> str:
    return f"{runs[0].id} ({runs[0].name})" if len(runs) == 1 else counted(len(runs))


def _notes(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.note for run in runs if run.note))


def _names(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.name for run in runs))
