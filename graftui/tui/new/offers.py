"""What a field of a form could go on with: tasks and models that there are, what runs had there
before, tags; and what has a slash in it, with a path that is there.

Owns where the offers of a field come from, and which word of it they go on with.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from textual.suggester import Suggester

from engine.contract.catalog import CatalogError, tasks
from engine.contract.model_folder import POCKET, pocket_folder
from graftui.registry.query.keys import KEYS, Key, find
from graftui.registry.query.vocabulary import values
from graftui.registry.store import Store
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.dialogs.saving import Paths
from graftui.tui.form import Entry, Form

_SHOWN = 6
"""Offers that are named at once."""
Offers = Mapping[str, Sequence[str]]
"""Path of a field -> what it could hold, the most likely first."""


def of_form(form: Form, settings: Settings) -> Offers:
    """The offers of the fields that have some. Reads the registry."""
    offers = {entry.path: list(_there(entry)) for entry in form.entries if _prose(entry)}
    if settings.db.exists():
        with Store.open(settings.db) as store:
            for entry in form.entries:
                if entry.path in offers and (key := _key(entry)):
                    offers[entry.path] += values(store.db, key)
    return {path: tuple(dict.fromkeys(known)) for path, known in offers.items() if known}


def _prose(entry: Entry) -> bool:
    """Whether it holds words, and not one of a few choices."""
    setting = entry.setting
    return entry.path == "tags" or (bool(entry.part) and not setting.choices
                                    and "text" in (setting.type, setting.items))  # fmt: skip


def _key(entry: Entry) -> Key | None:
    """What the runs that are there say of it; of a list as a whole, nothing that helps."""
    if entry.path == "tags":
        return KEYS["tag"]
    return find(entry.setting.path, lambda: ()) if entry.setting.type == "text" else None


def _there(entry: Entry) -> Iterable[str]:
    """What there is without any run."""
    if entry.setting.keys[-2:] == ("model", "name"):
        return sorted(
            f"{POCKET}{file.parent.name}" for file in pocket_folder("").glob("*/config.json")
        )
    if entry.setting.keys[-2:] in (("task", "name"), ("task", "also_test")):
        try:
            return tasks()
        except CatalogError:  # which is said of the task that is chosen
            return ()
    return ()


class Known(Suggester):
    """Goes on with the word that one is in, as the first offer that begins like it does."""

    def __init__(self, known: Sequence[str], root: Path, between: str) -> None:
        """`between`: what stands between two words of a field."""
        super().__init__(use_cache=False, case_sensitive=True)
        # What cannot be typed as it is would not come back as it was.
        self._known = [each for each in known if visible(each) == each and between not in each]
        self._paths = Paths(root)
        self._between = between

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line; None: nothing begins like that."""
        before, word = self._split(value)
        if "/" in word:
            path = await self._paths.get_suggestion(word)
            return None if path is None else before + path
        first = next(self._beginning(word), None) if word else None
        return None if first is None else before + first

    def named(self, value: str) -> str:
        """Some of the offers that begin like the word that one is in; all have, if it is empty."""
        _, word = self._split(value)
        return "  ".join(islice(self._beginning(word), _SHOWN))

    def _split(self, value: str) -> tuple[str, str]:
        head, comma, word = value.rpartition(self._between)
        bare = word.lstrip()
        return head + comma + word[: len(word) - len(bare)], bare

    def _beginning(self, word: str) -> Iterator[str]:
        return (each for each in self._known if each.startswith(word) and each != word)
