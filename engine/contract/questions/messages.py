"""What is said besides questions: everything that comes from the engine, and how it is read."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from engine.contract.questions.catalog import (
    AskModelParts,
    AskTaskPrompt,
    AskTaskRows,
    KshotFiles,
    ModelParts,
    TaskPrompt,
    TaskRows,
    WriteKshot,
)
from engine.contract.questions.profile import ProfileUpdate, UpdateProfile
from engine.contract.questions.skills import (
    CombineSkills,
    CutSkill,
    DiffSkills,
    InstallSkill,
    ShowSkill,
    SkillChanged,
    SkillCombined,
    SkillCut,
    SkillShown,
    SkillsShared,
    SkillVerified,
    UninstallSkill,
    VerifySkill,
)
from engine.contract.questions.values import Question, Value

VERSION = 1
"""Of the protocol: graftui asks only an engine of its own."""

QUESTIONS: dict[str, type[Question[Any]]] = {
    "task.prompt": AskTaskPrompt,
    "task.rows": AskTaskRows,
    "model.parts": AskModelParts,
    "data.kshot": WriteKshot,
    "skill.show": ShowSkill,
    "skill.verify": VerifySkill,
    "skill.install": InstallSkill,
    "skill.uninstall": UninstallSkill,
    "skill.diff": DiffSkills,
    "skill.cut": CutSkill,
    "skill.profile": ProfileUpdate,
    "skill.union": CombineSkills,
    "skill.intersect": CombineSkills,
    "skill.subtract": CombineSkills,
}
"""All of them, by name."""

Answer = Annotated[
    TaskPrompt
    | TaskRows
    | ModelParts
    | KshotFiles
    | SkillShown
    | SkillVerified
    | SkillChanged
    | SkillsShared
    | SkillCut
    | UpdateProfile
    | SkillCombined,
    Field(discriminator="name"),
]


class Ready(Value):
    """The engine is up."""

    said: Literal["ready"] = "ready"
    version: int = VERSION


class Progress(Value):
    """How far long work is."""

    said: Literal["progress"] = "progress"
    done: int
    total: int
    what: str
    """What is counted, such as "weights compared"."""


class Answered(Value):
    """The answer."""

    said: Literal["answered"] = "answered"
    answer: Answer


class Refused(Value):
    """The question asks for what cannot be: the user can mend that."""

    said: Literal["refused"] = "refused"
    message: str
    hint: str = ""


class Crashed(Value):
    """A bug; the engine's process ends."""

    said: Literal["crashed"] = "crashed"
    trace: str
    """Traceback."""


Message = Annotated[Ready | Progress | Answered | Refused | Crashed, Field(discriminator="said")]
Hear = Callable[[Progress], object]
"""Is told how far an answer is."""
_MESSAGE: TypeAdapter[Ready | Progress | Answered | Refused | Crashed] = TypeAdapter(Message)


def line(value: Value) -> bytes:
    """`value` as it is said."""
    return value.model_dump_json().encode() + b"\n"


def heard(said: bytes) -> Ready | Progress | Answered | Refused | Crashed | None:
    """What the engine said; None for what is no message of this version."""
    try:
        return _MESSAGE.validate_json(said)
    except ValidationError:
        return None
