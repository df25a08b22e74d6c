"""Which run folders may be started by themselves, and which wait for their user's word.

What its user holds back is not started; nor unasked a folder that somebody sent, or that lay
elsewhere when it was queued; nor twice one that another registry is about to start; nor ever what a
newer graftui queued, whose settings may mean what is not known here. Owns what is said of a held
run.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.contract.layout import RunDir
from engine.contract.migrations import is_newer, newer
from graftui.errors import UsageError
from graftui.models import Run, RunCard, RunStatus
from graftui.registry.card import card_of
from graftui.registry.folders import names
from graftui.registry.store import Store
from graftui.settings import Settings

BY_USER = "You hold it back."


def first_status(
    run_dir: RunDir,
    config: Mapping[str, Any],
    card: RunCard | None,
    started: bool,
    settings: Settings,
) -> RunStatus:
    """Before events and verdict are read: `queued` only if nothing was ever done, and only if this
    very registry queued it.

    `starting` of one that ended long ago lasts until the next statement, and keeps the runs that
    wait for it from being taken for stranded.
    """
    if started or run_dir.events.exists() or (card and card.verdict):
        return RunStatus.starting
    return waiting_status(config, card, settings)


def waiting_status(
    config: Mapping[str, Any], card: RunCard | None, settings: Settings
) -> RunStatus:
    """Of a run that is to start, for the first time or again."""
    ours = card is not None and not card.held and _queued_by(card, settings)
    shy = runs_foreign_code(config) or is_newer(config.get("version"))
    return RunStatus.queued if ours and not shy else RunStatus.held


def queued_card(run: Run, settings: Settings) -> RunCard:
    """The card of a run that this registry, on this host, is about to start."""
    return replace(card_of(run), **queued_by(settings))


def queued_by(settings: Settings) -> dict[str, Any]:
    """What a card says of the registry, and the host, that are about to start a run."""
    return {"registry": settings.registry, "host": os.uname().nodename}


def _queued_by(card: RunCard, settings: Settings) -> bool:
    """Whether this registry did, on this host: a copy elsewhere may have the same path."""
    return {"registry": card.registry, "host": card.host} == queued_by(settings)


def runs_foreign_code(config: Mapping[str, Any]) -> bool:
    """Whether code that comes with the model would be run."""
    model = config.get("model")
    return isinstance(model, Mapping) and bool(model.get("trust_remote_code"))


def why(config: Mapping[str, Any], card: RunCard, settings: Settings) -> str:
    """Why a run of that config and card is held."""
    if is_newer(config.get("version")):
        return "A newer graftui wrote its config."
    if card.held and _queued_by(card, settings):
        return BY_USER
    if card.registry in ("", settings.registry):
        return "It was found as a folder; nothing says that it was queued here."
    return f"It was queued in another registry, {card.registry}."


def refuse_newer(run: Run) -> None:
    """Raises UsageError for one that a newer graftui queued."""
    if is_newer(version := run.config.get("version")):
        raise UsageError(
            f"Run {run.id} cannot be run here: {newer(version)}.",
            "Update graftui here, or run it where it was made.",
        )


def hint(id: str, config: Mapping[str, Any] | None = None) -> str:
    """What to do about a held run; of one that may be of a newer graftui its config says so."""
    first = "Update graftui here: then " if config and is_newer(config.get("version")) else ""
    return f"{first}`graftui release {id}` queues it; `graftui rm {id}` deletes it."


def take_home(store: Store, settings: Settings, folders: Mapping[str, str]) -> None:
    """Runs by id, with the folder they are noted for: if they are there no more, they are here.

    What was queued there was meant to run there.
    """
    there = {was: names(Path(was)) for was in {*folders.values()} if was}  # not one by one
    moved = [(id, was) for id, was in folders.items() if not (was and id in there[was])]
    if not moved:
        return
    with store.write() as db:
        for id, was in moved:
            db.execute("UPDATE runs SET folder = ? WHERE id = ?", (settings.folder, id))
            if was:
                db.execute(
                    "UPDATE runs SET status = 'held', message = ?, hint = ?"
                    " WHERE id = ? AND status = 'queued'",
                    (f"It was queued in {was}, and has moved since.", hint(id), id),
                )
