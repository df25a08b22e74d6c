"""Commands typed in this process, with the engine itself in it: torch is imported once."""

from dataclasses import dataclass
from typing import Any

import pytest

from engine.contract.questions import messages
from engine.contract.questions.messages import Answered, Hear, Refused
from engine.contract.questions.values import Question
from engine.tools.answering import answered
from graftui.errors import UsageError
from graftui.scheduler.questions import Engine
from tests.cli.workplace import Workplace


def answer(_: Engine, question: Question[Any], hear: Hear = lambda far: None) -> Any:
    """As Engine.ask, all that is said through JSON as there."""
    said = messages.heard(messages.line(answered(messages.line(question), hear)))
    if isinstance(said, Refused):
        raise UsageError(said.message, said.hint)
    assert isinstance(said, Answered)
    return said.answer


@dataclass(frozen=True)
class Inside(Workplace):
    """Where the engine too answers in this process."""

    def change(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Engine, "ask", answer)
