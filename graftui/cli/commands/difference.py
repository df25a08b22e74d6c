"""What `diff` does."""

from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.results.explained import Explained, explained
from graftui.settings import Settings
from graftui.show import difference
from graftui.terminal import Console


def show(
    store: Store, settings: Settings, refs: tuple[str, str], console: Console, json: bool
) -> None:
    """Why two runs differ. Raises UsageError where they are the same one."""
    a, b = map(store.resolve, refs)
    if a.id == b.id:
        raise UsageError(
            f"{refs[0]} and {refs[1]} are the same run, {a.id}.", "Give two different ones."
        )
    told = explained(store, settings, a, b)
    if json:
        send_json(_as_json(told))
    else:
        difference.show(told, console)


def _as_json(told: Explained) -> dict[str, object]:
    return {
        "runs": [run.id for run in told.runs],
        "attempts": [run.attempt.n for run in told.runs],
        "differ": told.known.any,
        "groups": {
            name: [{"what": d.what, "values": d.values, "note": d.note} for d in listed]
            for name, listed in told.known.groups.items()
        },
        "not_recorded": told.known.unrecorded,
        "scores": [
            {"name": score.name, "values": score.values, "by": score.by} for score in told.scores
        ],
        "scores_compared": told.compared,
        "sentence": told.sentence,
    }
