"""One of two runs that are compared: all that is known of what made its result.

Owns what is taken of run, run folder and the runs that it is made from. Compares nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.contract import config as configs
from engine.contract.kinds import kinds
from engine.contract.layout import RunDir, read_whole
from engine.contract.provenance import Provenance
from graftui.models import Run
from graftui.planning.inputs import filled_by
from graftui.registry.provenance import recorded
from graftui.registry.store import Store
from graftui.results.side_by_side import flat
from graftui.scheduler.reads import Digests, stored
from graftui.scheduler.settle import directory
from graftui.settings import Settings

_DEEPEST = 20
"""Runs that are made one from the other: longer chains are not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run, and those that it is made from."""

    id: str
    kind: str = ""
    settings: Mapping[str, Any] | None = None
    """By path, as the present version would have written them; None: its config is gone."""
    config_hash: str = ""
    """Empty: not known."""
    provenance: Provenance = field(default_factory=dict)
    """Of its last attempt, whose results it has."""
    files: Digests | None = None
    """Of the user's that it read; None: not noted."""
    sources: Mapping[str, tuple["Side", ...]] = field(default_factory=dict)
    """The runs that it is made from, by role."""


def side_of(store: Store, settings: Settings, run: Run, deepest: int = _DEEPEST) -> Side:
    """A run as it is compared."""
    run_dir = directory(settings, run)
    ids: dict[str, list[str]] = {}
    for given in run.inputs:
        if given.is_run and deepest:
            ids.setdefault(given.role, []).append(given.source)
    sources = {
        role: tuple(
            side_of(store, settings, source, deepest - 1)
            if (source := store.find(id))
            else _deleted(run_dir, role, number, id)
            for number, id in enumerate(listed)
        )
        for role, listed in ids.items()
    }
    return Side(
        id=run.id,
        kind=run.kind,
        settings=_settings(run.config, sources),
        config_hash=run.config_hash,
        provenance=recorded(run_dir, run.attempt.n),
        files=stored(run_dir),
        sources=sources,
    )


def _deleted(run_dir: RunDir, role: str, number: int, id: str) -> Side:
    """A run that is gone, by its config, which those made from it keep."""
    try:
        raw = json.loads(read_whole(run_dir.origin(role, number)))
    except (OSError, ValueError, RecursionError):
        return Side(id=id)
    if not isinstance(raw, dict):
        return Side(id=id)
    return Side(id=id, kind=str(raw.get("kind", "")), settings=_settings(raw, ()))


def _settings(config: Mapping[str, Any], sources: Any) -> Mapping[str, Any]:
    """But for those that other runs fill: which runs those are says more."""
    kind = str(config.get("kind", ""))
    now = json.loads(json.dumps(configs.current(dict(config)), default=str))
    roles = kinds()[kind].roles if kind in kinds() else ()
    filled = {path for role in roles if role.name in sources for path in filled_by(role)}
    return {path: value for path, value in flat(now, kind).items() if path not in filled}
