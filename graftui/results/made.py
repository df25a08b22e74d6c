"""What a run wrote of what it came to: its result.json, as it may be."""

import json
from collections.abc import Mapping
from typing import Any

from engine.contract.layout import RunDir, read_whole
from graftui.kinds import Card
from graftui.results.figures import figure


def result_of(run_dir: RunDir) -> Mapping[str, Any]:
    """Empty where there is none that can be read."""
    try:
        result = json.loads(read_whole(run_dir.result))
    except (OSError, ValueError, RecursionError):
        return {}
    return result if isinstance(result, dict) else {}


def figures_of(card: Card) -> list[tuple[str, str]]:
    """What each figure of a card is called, and the figure in words."""
    return [(name, figure(score, value)) for name, score, value in card.figures]
