"""Identity: whether two runs would compute the same thing.

Owns the hash of a config. The user's files count by digest beside it (inputs.json of a run).
"""

import hashlib
import json
from typing import Any

from engine.contract.sections import Section


def config_hash(config: Section) -> str:
    """Hex digest of what determines the result: where it is computed is left out.

    Fields at their defaults count too, so a later default does not change what a stored
    config means. A field that came later has an `origin`, the value that means "as before it
    existed", at which it does not count: a stored hash still finds its equals.
    """
    canonical = json.dumps(_hashed(config), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _hashed(section: Section) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("hashed") is False:
            continue
        value = getattr(section, name)
        if isinstance(extra, dict) and "origin" in extra and extra["origin"] == value:
            continue
        kept[name] = _hashed(value) if isinstance(value, Section) else value
    return kept
