"""Identity: whether two runs would compute the same thing, now and by the code of any version.

Owns the hash of a config. What a field says of itself for that (`json_schema_extra`):

    hashed  False: where or how it is computed, which decides nothing about the result
    since   the version of the contract (migrations.py) at which it came; the first without this
    origin  the value that means "as before it existed", of each field that came later
    idle    the value at which it counts where it has no part (`Section.idle`): never to change

The user's files count by digest beside the hash (inputs.json of a run).
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from pydantic.fields import FieldInfo

from engine.contract.migrations import FIRST, Raw, migrated, written_by
from engine.contract.sections import RunConfig, Section


def config_hash(config: Section) -> str:
    """Hex digest of what determines the result: where it is computed is left out.

    Fields at their defaults count too, so a later default does not change what a stored config
    means; one at its origin value does not, so a new field changes no hash. A stored config has
    the hash that the code of its version gave it: in the first one idle settings counted.
    """
    count_idle = isinstance(config, RunConfig) and config.version == FIRST
    canonical = json.dumps(_hashed(config, count_idle), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _hashed(section: Section, count_idle: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    idle = () if count_idle else section.idle()
    for name, about in _told(type(section)).items():
        value = about["idle"] if name in idle else getattr(section, name)
        if about.get("hashed") is False or ("origin" in about and about["origin"] == value):
            continue
        kept[name] = _hashed(value, count_idle) if isinstance(value, Section) else value
    return kept


@lru_cache
def _told(section: type[Section]) -> dict[str, dict[str, Any]]:
    """What each field says of itself: a sweep asks ten thousand times."""
    return {name: said_of(info) for name, info in section.model_fields.items()}


def said_of(info: FieldInfo) -> dict[str, Any]:
    """What a field says of itself beside its type and bounds."""
    about = info.json_schema_extra
    return dict(about) if isinstance(about, dict) else {}


def upgraded(raw: Raw, model: type[Section]) -> Raw:
    """A copy of a stored config, as the present version would have written it.

    What came later than the config is at its origin, whatever the default is by now.
    """
    now = migrated(raw)
    if written_by(raw) < _newest(model):
        _put_origins(now, model, written_by(raw))
    return now


@lru_cache
def _newest(model: type[Section]) -> int:
    """The version at which the last of its fields came."""
    versions = [FIRST]
    for info in model.model_fields.values():
        versions.append(said_of(info).get("since", FIRST))
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            versions.append(_newest(inner))
    return max(versions)


def _put_origins(table: Raw, model: type[Section], version: int) -> None:
    for name, info in model.model_fields.items():
        about, section = said_of(info), info.annotation
        if about.get("since", FIRST) > version:
            table.setdefault(name, about["origin"])
        elif isinstance(section, type) and issubclass(section, Section):
            inner = table.setdefault(name, {})
            if isinstance(inner, dict):
                _put_origins(inner, section, version)
