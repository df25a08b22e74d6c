"""What a user says of a run, its name, tags, note and marks.

Owns that registry and card say the same, and that of two users at once neither undoes the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.card import card_of, read_card, write_card
from graftui.registry.checked import LONGEST
from graftui.registry.store import Store, put
from graftui.settings import Settings


def relabel(
    settings: Settings, store: Store, id: str, change: Callable[[Run], Mapping[str, Any]]
) -> Run:
    """Change `name`, `tags`, `note`, `star` or `archived` to what `change` makes of the run as it
    is at that moment; the run after it. Raises UsageError for one that no card may hold, and
    NotFound if the run was deleted meanwhile.
    """
    with store.write() as db:  # read within it: what another says at the same time is kept
        run = store.get(id)
        if not (changes := change(run)):
            return run
        _check(id, changes)
        put(db, id, changes)
        run_dir = settings.run_dir(id)
        write_card(run_dir, replace(read_card(run_dir) or card_of(run), **changes))
    return replace(run, **changes)


def _check(id: str, changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        texts = value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
        if max(map(len, texts), default=0) > LONGEST:
            raise UsageError(
                f"The {field} of run {id} has more than {LONGEST:,} characters.", "Shorten it."
            )
