"""run.json, read and written. Owns its form; a later graftui may add keys, this one skips them."""

import json
from dataclasses import asdict, fields, replace
from typing import Any

from engine.contract.layout import RunDir, write_json
from graftui.models import Run, RunCard, RunReason, RunStatus, Verdict


def card_of(run: Run) -> RunCard:
    """The card of a run that is about to be made."""
    return RunCard(**{f.name: getattr(run, f.name) for f in fields(RunCard) if f.name != "verdict"})


def write_card(run_dir: RunDir, card: RunCard) -> None:
    """Put `card` in place, whole."""
    write_json(run_dir.card, asdict(card))


def read_card(run_dir: RunDir) -> RunCard | None:
    """The card, or None where there is none that can be read."""
    try:
        raw = json.loads(run_dir.card.read_bytes())
        if raw.get("verdict") is not None:
            raw["verdict"] = _verdict(raw["verdict"])
        return RunCard(**{**_known(raw, RunCard), "tags": tuple(raw.get("tags", ()))})
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None


def amend_card(run_dir: RunDir, **changes: Any) -> None:
    """Change the card, if the run directory still has one."""
    card = read_card(run_dir)
    if card is not None:
        write_card(run_dir, replace(card, **changes))


def _verdict(raw: dict[str, Any]) -> Verdict:
    known = _known(raw, Verdict)
    known["status"] = RunStatus(known["status"])
    known["reason"] = RunReason(known["reason"]) if known.get("reason") else None
    return Verdict(**known)


def _known(raw: dict[str, Any], form: type[RunCard] | type[Verdict]) -> dict[str, Any]:
    names = {f.name for f in fields(form)}
    return {key: value for key, value in raw.items() if key in names}
