"""What a run wrote of what it came to: its result.json, as it may be."""

import json
from collections.abc import Mapping
from typing import Any

from engine.contract.layout import RunDir, read_whole


def result_of(run_dir: RunDir) -> Mapping[str, Any]:
    """Empty where there is none that can be read."""
    try:
        result = json.loads(read_whole(run_dir.result))
    except (OSError, ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}
