"""What graftui and a warm engine say to each other: a line of JSON each, over a socket of theirs.

The engine says `Ready` once. Each `Start` brings two descriptors, the run's output and the child's
gate, and is answered by `Forked` or `Refused`. The forked child does nothing until a whole line,
`Begin`, has come through its gate: who dies before that has started nothing. Plain JSON, since
variables of the environment may hold what is no text.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ready:
    """It has loaded, and can fork."""


@dataclass(frozen=True, slots=True)
class Start:
    """Fork a child for a run."""

    arguments: list[str]
    """Of `python -m engine`."""
    cwd: str
    env: dict[str, str]
    """All of the child's environment."""


@dataclass(frozen=True, slots=True)
class Forked:
    """The child is there, a child of who asked, and waits at its gate."""

    pid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It forks no more, and ends."""

    why: str
    outdated: bool = False
    """What it has loaded is no longer what lies on the disk: another one can do it."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Go through the gate: the child is to be the engine now."""

    attempt: dict[str, Any] = field(default_factory=dict)
    """What attempts/N.json is to say of it; empty: no such file."""
    path: str = ""
    """That file."""


Said = Ready | Start | Forked | Refused | Begin
_SAID = {form.__name__: form for form in (Ready, Start, Forked, Refused, Begin)}


def line(said: Said) -> bytes:
    """As it goes over the socket."""
    return json.dumps([type(said).__name__, asdict(said)]).encode() + b"\n"


def heard(text: bytes) -> Said:
    """What a line says. Raises ValueError for what is none."""
    try:
        name, values = json.loads(text)
        return _SAID[name](**values)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not said by a warm engine: {text[:80]!r}") from error
