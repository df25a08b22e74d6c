"""What background work tells the screens. Each carries its result, but for the reader's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textual.message import Message

from graftui.errors import GraftuiError
from graftui.models import Run
from graftui.tui.feed import Question
from graftui.turns import Group

if TYPE_CHECKING:  # they import pydantic, which the first paint does not wait for
    from graftui.planning.library import RecipeInfo
    from graftui.results.chosen_columns import Choice
    from graftui.tui.form import Form
if TYPE_CHECKING:  # it imports this module
    from graftui.tui.verbs.undoing import Step


@dataclass
class Advanced(Message):
    """The reader has a new answer. It carries none, as several of these may become one."""

    question: Question[Any]

    def can_replace(self, message: Message) -> bool:
        """One that comes right after says as much."""
        return isinstance(message, Advanced) and message.question == self.question


@dataclass
class Trouble(Message):
    """Something that was asked for, or the reader, failed."""

    error: GraftuiError


@dataclass
class Told(Message):
    """A job came to its end: what there is to say of it. The runs may have changed."""

    text: str
    step: Step | None = None
    """How it is taken back; None: it cannot be."""
    away: tuple[str, ...] = ()
    """Ids of runs that are not in the lists any more that they were in."""


@dataclass
class PartsRead(Message):
    """The queue (empty name) and its groups."""

    parts: Mapping[str, Group]


@dataclass
class RunsRead(Message):
    """Runs as they are now."""

    runs: list[Run]


@dataclass
class LabelsRead(Message):
    """Runs as they are now, before something is said of them."""

    runs: list[Run]
    tags: Mapping[str, int]
    """All that there are, each with how many runs have it."""


@dataclass
class RecipesListed(Message):
    """What there is to run."""

    recipes: list[RecipeInfo]
    texts: Mapping[str, str]
    """Path of a recipe -> what is written in it, where that can be read."""
    news: str = ""
    """What happened to them since; empty: nothing."""


@dataclass
class ColumnsListed(Message):
    """What columns there are."""

    columns: list[Choice]


@dataclass
class Matched(Message):
    """The runs that meet a filter."""

    text: str
    """The filter."""
    ids: list[str]


@dataclass
class GroupKeys(Message):
    """What runs are to be grouped by; none: nothing."""

    by: tuple[str, ...]


@dataclass
class FormMade(Message):
    """A form is ready to be filled in."""

    form: Form


@dataclass
class Queued(Message):
    """Runs have been queued, and a supervisor sees to them."""

    runs: list[Run]
    reused: list[Run]
    remarks: tuple[str, ...] = ()
    """As in plans.Planned."""


@dataclass
class Repeats(Message):
    """All that was to be queued is done already as it is, or under way: by these runs."""

    runs: list[Run]


@dataclass
class Offered(Message):
    """What the fields of a form could hold."""

    by_path: Mapping[str, Sequence[str]]


@dataclass
class Checked(Message):
    """A form was looked through."""

    values: Mapping[str, str | bool]
    """What its fields held."""
    problems: dict[str, str]
    """Path of a field -> what is wrong; "" -> what belongs to no field."""
    axes: Mapping[str, int] = field(default_factory=dict)
    """Path of a field that is an axis of a grid -> how many values it has."""
    refused: bool = False
    """It was to be queued, and could not be."""


@dataclass
class Foreseen(Message):
    """What a form would come to, if it were queued."""

    values: Mapping[str, str | bool]
    """What its fields held."""
    told: tuple[tuple[str, str], ...]
    """A word, and what is to be said of it."""
    refused: GraftuiError | None = None
    """Why nothing would."""


@dataclass
class SweepMade(Message):
    """A form came to a sweep, whose runs have been queued."""

    id: str
    text: str
    """What came of it."""


@dataclass
class Refused(Message):
    """A form was not accepted as a whole."""

    error: GraftuiError


@dataclass
class Condemned(Message):
    """Runs that are to be deleted, and those that use what they made."""

    runs: list[Run]
    dependants: list[Run]
