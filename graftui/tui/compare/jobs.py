"""What the compare screen has the engine answer, which takes seconds: a job each.

The imports within are those that need pydantic. What cannot be answered is said in the pane, not
over it: who compares runs without skills looks at something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from graftui.errors import GraftuiError
from graftui.registry.store import Store
from graftui.settings import Settings

if TYPE_CHECKING:
    from engine.contract.questions.skills import SkillsShared


@dataclass
class OverlapKnown(Message):
    """What the skills of the runs share."""

    shared: "SkillsShared | None"
    labels: Sequence[str]
    """Of the skills."""
    problem: str = ""
    """Why it is not known, and what to do about it."""


def overlap(settings: Settings, ids: Sequence[str]) -> OverlapKnown:
    """Ask the engine what the skills of these runs share."""
    from engine.contract.questions.skills import DiffSkills
    from graftui.results.overlaps import skills_of
    from graftui.scheduler.questions import Engine

    with Store.open(settings.db) as store:
        runs = [run for run in map(store.find, ids) if run is not None]
    skills = skills_of(settings, runs)
    if len(skills) < 2:
        return OverlapKnown(None, (), "Mark two grafts or more that have a skill file.")
    try:
        with Engine(settings) as engine:
            shared = engine.ask(DiffSkills(skills=tuple(skill.path for skill in skills)))
    except GraftuiError as error:
        return OverlapKnown(None, (), " ".join(filter(None, (error.message, error.hint))))
    return OverlapKnown(shared, [skill.label for skill in skills])
