"""Events: what a run says, one JSON object a line of events.jsonl.

Owns the shapes and how a stretch of the file is read. A reader takes whole lines only: what
follows the last newline is still being written. Times are seconds since the epoch, UTC. A line
that does not fit costs that line alone, and never a run's end: a last event is read without the
fields that are wrong. Enumerations are for writing: a reader keeps a word that it does not know.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)  # fmt: skip

from engine.contract.subjects import MODEL, sparsity_of, split_name, word

VERSION = 2
"""1: a score's labels were `sparsity` alone, and there were no attempts."""
_LONGEST = 20_000
"""Characters of a text: what is longer is cut, not refused."""
LAST_TIME = 253_402_300_800.0
"""The year 10000, which no calendar of Python's knows."""


def writable(text: object) -> object:
    """`text` as UTF-8 can hold it: a lone surrogate, as in a file's odd name, is spelt out."""
    if not isinstance(text, str):
        return text
    return text[:_LONGEST].encode("utf-8", "backslashreplace").decode()


Count = Annotated[int, Field(ge=0, lt=2**63)]
"""As far as SQLite counts."""
Text = Annotated[str, BeforeValidator(writable)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


Labels = Annotated[dict[Text, Finite | Text], Field(max_length=16)]
"""What tells apart weights, or curves, of one name: such as {"sparsity": 0.001}."""


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
    retrained = "retrained"


class _Event(BaseModel):
    # A later version may add fields: an older reader skips what it does not know.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    v: Count = VERSION
    seq: Count = 0
    """Number of the event in its file, from 0."""
    t: Annotated[float, Field(ge=0, lt=LAST_TIME)] = 0.0
    attempt: Count = 0
    """Which start of the run said it, from 1; 0: not known."""


class Started(_Event):
    event: Literal["started"] = "started"
    pid: Annotated[int, Field(ge=1, lt=2**31)]
    host: Text
    device: Text
    config_hash: str
    versions: dict[str, str] = {}


class Resumed(_Event):
    """An attempt goes on from what an earlier one saved after `step`."""

    event: Literal["resumed"] = "resumed"
    step: Count


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: object) -> bool:
    return not value


class Progress(_Event):
    event: Literal["progress"] = "progress"
    phase: Text
    step: Count
    """Of this phase."""
    total: Count
    done: Annotated[float, Field(ge=0, le=1)] | None = Field(None, exclude_if=_is_none)
    """Share of the whole run's work; None while that is not known."""
    left_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, exclude_if=_is_none
    )
    """Seconds that the rest of the run takes; None: too early to say."""


class Metric(_Event):
    """Values of curves at one step; a curve's name is `phase/what`, such as `train/loss`."""

    event: Literal["metric"] = "metric"
    step: Count
    labels: Labels = Field({}, exclude_if=_is_empty)
    """Where a run has several curves of a name: of grafts of several sizes, `sparsity`."""
    values: dict[str, float]


class Evaluated(_Event):
    """Scores of one set of weights on one split."""

    event: Literal["evaluated"] = "evaluated"
    subject: Text = MODEL
    """Which of the models that a run scores; a run of one has "model"."""
    stage: Text
    """What became of its weights: a Stage, or a word that another version knows."""
    split: Text
    labels: Labels = {}
    """Of a graft its `sparsity`, as asked for in the config."""
    scores: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or raw.get("sparsity") is None or "labels" in raw:
            return raw
        return {**raw, "labels": {"sparsity": raw["sparsity"]}}

    @property
    def sparsity(self) -> float | None:
        """The label of that name; None for whole models."""
        return sparsity_of(self.labels)

    @property
    def what(self) -> str:
        """These weights in one word, but for their sparsity."""
        return word(self.subject, self.stage, self.labels)


class Artifact(_Event):
    event: Literal["artifact"] = "artifact"
    path: Text
    """Relative to the run directory."""
    kind: str
    bytes: Count


class Log(_Event):
    event: Literal["log"] = "log"
    level: str = "info"
    """info or warning, or one that a later version knows."""
    message: Text


class _Last(_Event):
    peak_bytes: Count | None = Field(None, exclude_if=_is_none)
    peak_gpu_bytes: Count | None = Field(None, exclude_if=_is_none)
    """The most memory that the attempt held, of the host and of GPUs; None: it used no GPU."""


class Finished(_Last):
    event: Literal["finished"] = "finished"
    seconds: float
    summary: dict[str, float] = {}
    """The few figures that a table of runs shows."""


class Failed(_Last):
    event: Literal["failed"] = "failed"
    reason: Text
    """A FailReason, or one that another version knows."""
    message: Text
    hint: Text = ""


class Cancelled(_Last):
    event: Literal["cancelled"] = "cancelled"
    seconds: float
    message: Text = ""


Event = (
    Started | Resumed | Progress | Metric | Evaluated | Artifact | Log
    | Finished | Failed | Cancelled
)  # fmt: skip
TERMINAL = (Finished, Failed, Cancelled)
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
_FORMS: dict[str, type[Event]] = {f.model_fields["event"].default: f for f in get_args(Event)}
_LEAST = {"seconds": 0.0, "reason": FailReason.crashed, "message": ""}
"""What a last event is read with where it says nothing that can be understood."""


def dumps(event: Event) -> bytes:
    """One line, newline included."""
    return event.model_dump_json().encode() + b"\n"


def read(
    chunk: bytes, complain: Callable[[str], object] = lambda trouble: None
) -> tuple[list[Event], int]:
    """Events of a stretch of the file and how many bytes they took, up to the last newline.

    `complain` hears of each line that is wrong: what cannot be understood, and why.
    """
    end = chunk.rfind(b"\n") + 1
    events = []
    for line in chunk[:end].splitlines():
        event, trouble = _understood(line)
        if event is not None:
            events.append(event)
        if trouble:
            complain(trouble)
    return events, end


def _understood(line: bytes) -> tuple[Event | None, str]:
    """The event of a line, and what is wrong with the line."""
    try:
        event = _ADAPTER.validate_json(line)
        return (_labelled(event) if event.v == 1 and isinstance(event, Metric) else event), ""
    except ValidationError:
        return _second_look(line) if line.strip() else (None, "")


def _labelled(event: Metric) -> Metric:
    """Of version 1: it had the sparsity in the names of curves."""
    labels = [split_name(name)[1] for name in event.values]
    if not labels or not labels[0] or labels.count(labels[0]) < len(labels):
        return event
    named = {split_name(name)[0]: value for name, value in event.values.items()}
    return event.model_copy(update={"labels": labels[0], "values": named})


def _second_look(line: bytes) -> tuple[Event | None, str]:
    """A line at odds with its form: the text mended, and of a last event what is right."""
    try:
        # Python's parser takes lone surrogates, which no JSON should have; they go on the way back.
        text = json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace")
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None, f"{_begin(line)} is no JSON"
    if not isinstance(raw, dict) or not isinstance(raw.get("event"), str):
        return None, f"{_begin(line)} is no event"
    form = _FORMS.get(raw["event"])
    if form is None:
        return None, ""  # of a later version
    try:
        return form.model_validate_json(text), ""
    except ValidationError as error:
        return (_salvaged(form, raw, error) if form in TERMINAL else None), _words(raw, error)


def _salvaged(form: type[Event], raw: dict[str, Any], error: ValidationError) -> Event | None:
    """The event without the fields that `error` names."""
    for detail in error.errors(include_url=False):
        *path, last = detail["loc"]
        table: Any = raw
        for key in path:
            table = table[key]
        table.pop(last, None)
    try:
        return form.model_validate_json(json.dumps({**_LEAST, **raw}))
    except ValidationError:
        return None


def _words(raw: dict[str, Any], error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    field = ".".join(map(str, detail["loc"]))
    return f"{raw['event']}: {field}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _begin(line: bytes) -> str:
    """The beginning of a line, to be recognised by."""
    return repr(line[:40].decode("utf-8", "replace"))
