"""The summary in result.json, for a run whose last event was lost."""

import json

from engine.contract.layout import RunDir, read_whole


def summary_of(run_dir: RunDir, since: float | None = None) -> dict[str, float]:
    """The figures that a table of runs shows; none where there is no result written after `since`.

    result.json is put in place whole, as the last thing that a run makes.
    """
    try:
        if run_dir.result.stat().st_mtime < (since or 0.0):
            return {}
        summary = json.loads(read_whole(run_dir.result))["summary"]
        return {str(name): float(value) for name, value in summary.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
