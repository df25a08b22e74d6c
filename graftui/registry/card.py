"""run.json, read and written. Owns its form; a later graftui may add keys, this one skips them.

Each field is checked on its own: one that is wrong is left at what the folder says without it.
"""

import errno
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from engine.contract.layout import RunDir, clear_strays, read_whole, write_json
from graftui.models import Attempt, Run, RunCard, RunStatus, Verdict
from graftui.registry.checked import checked

_ENDS = (RunStatus.finished, RunStatus.failed, RunStatus.cancelled, RunStatus.lost)


def card_of(run: Run) -> RunCard:
    """The card of a run."""
    shared = {f.name for f in fields(RunCard)} & {f.name for f in fields(Run)}
    return RunCard(**{name: getattr(run, name) for name in shared}, parent=run.parent)


def write_card(run_dir: RunDir, card: RunCard) -> None:
    """Put `card` in place, whole."""
    raw = asdict(card)
    if card.only_attempt is None:
        del raw["only_attempt"]
    clear_strays(run_dir.card)  # whoever is killed as it writes one leaves it to the next to do so
    write_json(run_dir.card, raw)


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
    return RunCard(
        **{**least, **checked(raw, RunCard, "run.json: ", complain)},
        verdict=_verdict(raw.get("verdict"), written, complain),
        only_attempt=_only_attempt(raw, run_dir.path.name, complain),
    )


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
    known = checked(raw, Verdict, "run.json: verdict.", complain)
    if known.get("status") not in _ENDS:
        complain("run.json: verdict does not say how it ended")
        return None
    return Verdict(**{"ended_at": written, **known})


def _only_attempt(
    raw: Mapping[str, Any], run: str, complain: Callable[[str], object]
) -> Attempt | None:
    """What an earlier graftui noted of the process on the card itself, and in the verdict."""
    only = raw.get("only_attempt")
    if not isinstance(only, dict):
        only = {name: raw.get(name) for name in ("host", "boot_id", "pid", "pid_ticks")}
        verdict = raw.get("verdict")
        end = verdict if isinstance(verdict, dict) else {}
        codes = {name: end[name] for name in ("exit_code", "signal") if end.get(name) is not None}
        if only["pid"] is None and not codes:
            return None
        only |= {**codes, "ended_at": end.get("ended_at")} if codes else {}
    known = checked(only, Attempt, "run.json: ", complain)
    return Attempt(**{**known, "run": run, "n": 1})
