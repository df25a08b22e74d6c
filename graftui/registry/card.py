"""run.json, read and written. Owns its form; a later graftui may add keys, this one skips them.

Each field is checked on its own: one that is wrong is left at what the folder says without it.
"""

import errno
import json
import math
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from engine.contract.layout import RunDir, read_whole, write_json
from graftui.models import Input, Run, RunCard, RunStatus, Verdict

LONGEST = 20_000
"""Characters of a text."""
_ENDS = (RunStatus.finished, RunStatus.failed, RunStatus.cancelled, RunStatus.lost)
# As engine.contract.events has it, which imports pydantic.
_LAST_TIME = 253_402_300_800.0


def card_of(run: Run) -> RunCard:
    """The card of a run."""
    shared = {f.name for f in fields(RunCard)} & {f.name for f in fields(Run)}
    return RunCard(**{name: getattr(run, name) for name in shared}, parent=run.parent)


def write_card(run_dir: RunDir, card: RunCard) -> None:
    """Put `card` in place, whole."""
    write_json(run_dir.card, asdict(card))


def read_card(
    run_dir: RunDir, complain: Callable[[str], object] = lambda trouble: None
) -> RunCard | None:
    """The card, or None where there is none that can be read; `complain` hears what is wrong."""
    try:
        written = run_dir.card.stat().st_mtime
        raw = json.loads(read_whole(run_dir.card))
        if not isinstance(raw, dict):
            raise ValueError("is no JSON object")
    except FileNotFoundError:
        return None
    except (ValueError, OSError, RecursionError) as error:
        complain(f"run.json cannot be read ({error})")
        return None
    least = {"id": run_dir.path.name, "name": run_dir.path.name, "created_at": written}
    verdict = raw.pop("verdict", None)
    known = _checked(raw, RunCard, "run.json: ", complain)
    return RunCard(**{**least, **known, "verdict": _verdict(verdict, written, complain)})


def amend_card(run_dir: RunDir, **changes: Any) -> None:
    """Change the card, if the run directory still has one that may be changed: of another user's
    folder the registry alone knows.
    """
    card = read_card(run_dir)
    if card is None:
        return
    try:
        write_card(run_dir, replace(card, **changes))
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def _verdict(raw: Any, written: float, complain: Callable[[str], object]) -> Verdict | None:
    """None where none was given, or none that says how the run ended."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        complain("run.json: verdict is no JSON object")
        return None
    known = _checked(raw, Verdict, "run.json: verdict.", complain)
    if known.get("status") not in _ENDS:
        complain("run.json: verdict does not say how it ended")
        return None
    return Verdict(**{"ended_at": written, **known})


def _checked(
    raw: dict[str, Any],
    form: type[RunCard] | type[Verdict],
    where: str,
    complain: Callable[[str], object],
) -> dict[str, Any]:
    """The fields of `form` that are as they should be."""
    known = {}
    for f in fields(form):
        if f.name not in raw:
            continue
        check = _pid if f.name == "pid" else _CHECKS[f.type]
        try:
            known[f.name] = check(raw[f.name])
        except (TypeError, ValueError) as error:
            complain(f"{where}{f.name}: {error}")
    return known


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"should be a text of at most {LONGEST:,} characters")
    value.encode()  # a lone surrogate: UnicodeEncodeError, which is a ValueError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("should be a list of texts")
    return tuple(map(_text, value))


def _inputs(value: Any) -> tuple[Input, ...] | None:
    if value is None:
        return None
    if not (isinstance(value, list) and all(isinstance(given, dict) for given in value)):
        raise ValueError("should be a list of objects")
    return tuple(Input(_text(given.get("role")), _text(given.get("source"))) for given in value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("should be a number")
    if not (math.isfinite(value) and 0 <= value < _LAST_TIME):
        raise ValueError("should be seconds since the epoch, before the year 10000")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("should be a whole number below 2^63")
    return value


def _pid(value: Any) -> int | None:
    if value is not None and not 1 <= _whole(value) < 2**31:
        raise ValueError("should be the number of a process")
    return None if value is None else int(value)


def _optional(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


_CHECKS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    float: _number,
    RunStatus: RunStatus,
    tuple[str, ...]: _texts,
    tuple[Input, ...] | None: _inputs,
    str | None: _optional(_text),
    int | None: _optional(_whole),
    float | None: _optional(_number),
}
"""By the type of a field; `verdict` is read apart."""
