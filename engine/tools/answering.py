"""Which module answers which question, and what becomes of one that cannot be answered."""

import importlib
import json
from typing import Any

from pydantic import ValidationError

from engine.contract import schema
from engine.contract.questions.messages import QUESTIONS, Answered, Hear, Refused
from engine.contract.questions.values import A, Question
from engine.errors import EngineError
from engine.failure import out_of_memory

# Modules, not functions: a process that is asked for one answer need not import torch for all.
MODULES = {
    "task.prompt": "engine.tools.task",
    "task.rows": "engine.tools.rows",
    "model.parts": "engine.tools.model",
    "data.kshot": "engine.tools.kshot",
    "skill.show": "engine.tools.skill.show",
    "skill.verify": "engine.tools.skill.verify",
    "skill.install": "engine.tools.skill.change",
    "skill.uninstall": "engine.tools.skill.change",
    "skill.diff": "engine.tools.skill.diff",
    "skill.cut": "engine.tools.skill.cut",
    "skill.profile": "engine.tools.skill.profile",
    "skill.union": "engine.tools.skill.combine",
    "skill.intersect": "engine.tools.skill.combine",
    "skill.subtract": "engine.tools.skill.combine",
}


def answered(line: bytes | str, hear: Hear) -> Answered | Refused:
    """The answer to a question in JSON, or what the user can mend. Raises what is a bug."""
    try:
        return Answered(answer=answer(_question(line), hear))
    except EngineError as error:
        return Refused(message=error.message, hint=error.hint)
    except ValidationError as error:
        return Refused(message="; ".join(schema.explain(error).values()))
    except OSError as error:
        if not error.filename:
            raise
        hint = "check the path and the disk"
        return Refused(message=f"{error.filename}: {error.strerror}", hint=hint)
    except (MemoryError, RuntimeError) as error:
        if advice := out_of_memory(error):
            return Refused(message=advice[0], hint=advice[1])
        raise


def answer(question: Question[A], hear: Hear) -> A:
    """The answer. Raises EngineError, ValidationError or OSError for what the user can mend."""
    given: A = importlib.import_module(MODULES[question.name]).answer(question, hear)
    return given


def _question(line: bytes | str) -> Question[Any]:
    """Raises EngineError or ValidationError."""
    try:
        name = json.loads(line)["name"]
        asked = QUESTIONS[name]
    except (ValueError, RecursionError, TypeError, KeyError):
        known = ", ".join(QUESTIONS)
        raise EngineError(
            "that is no question", f"give an object, its name one of {known}"
        ) from None
    return asked.model_validate_json(line)
