"""Events: what a run says, one JSON object a line of events.jsonl.

Owns the shapes and how a stretch of the file is read. A reader takes whole lines only: what
follows the last newline is still being written. Times are seconds since the epoch, UTC.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION = 1


class FailReason(StrEnum):
    """Why a run failed."""

    config = "config"
    data = "data"
    oom = "oom"
    diverged = "diverged"
    crashed = "crashed"
    killed = "killed"


class Stage(StrEnum):
    """Which weights were evaluated."""

    pretrained = "pretrained"
    finetuned = "finetuned"
    base_patch = "base_patch"
    learnt_graft = "learnt_graft"
    knocked_out = "knocked_out"
    knocked_out_random = "knocked_out_random"


class _Event(BaseModel):
    # A later version may add fields: an older reader skips what it does not know.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    v: int = VERSION
    seq: int = 0
    """Number of the event in its file, from 0."""
    t: float = 0.0


class Started(_Event):
    event: Literal["started"] = "started"
    pid: int
    host: str
    device: str
    config_hash: str
    versions: dict[str, str] = {}


class Progress(_Event):
    event: Literal["progress"] = "progress"
    phase: str
    step: int
    total: int


class Metric(_Event):
    """Values of curves at one step; a curve's name is `phase/what`, such as `train/loss`."""

    event: Literal["metric"] = "metric"
    step: int
    values: dict[str, float]


class Evaluated(_Event):
    """Scores of one set of weights on one split."""

    event: Literal["evaluated"] = "evaluated"
    stage: Stage
    split: str
    scores: dict[str, float]
    sparsity: float | None = None
    """As asked for in the config; None for whole models."""


class Artifact(_Event):
    event: Literal["artifact"] = "artifact"
    path: str
    """Relative to the run directory."""
    kind: str
    bytes: int


class Log(_Event):
    event: Literal["log"] = "log"
    level: Literal["info", "warning"] = "info"
    message: str


class Finished(_Event):
    event: Literal["finished"] = "finished"
    seconds: float
    summary: dict[str, float] = {}
    """The few figures that a table of runs shows."""


class Failed(_Event):
    event: Literal["failed"] = "failed"
    reason: FailReason
    message: str
    hint: str = ""


class Cancelled(_Event):
    event: Literal["cancelled"] = "cancelled"
    seconds: float
    message: str = ""


Event = Started | Progress | Metric | Evaluated | Artifact | Log | Finished | Failed | Cancelled
TERMINAL = (Finished, Failed, Cancelled)
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def dumps(event: Event) -> bytes:
    """One line, newline included."""
    return event.model_dump_json().encode() + b"\n"


def parse_line(line: bytes) -> Event | None:
    """The event of one line; None for garbage, and for kinds of events of a later version."""
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError:
        return None


def read(chunk: bytes) -> tuple[list[Event], int]:
    """Events of a stretch of the file and how many bytes they took, up to the last newline."""
    end = chunk.rfind(b"\n") + 1
    return [e for e in map(parse_line, chunk[:end].splitlines()) if e is not None], end
