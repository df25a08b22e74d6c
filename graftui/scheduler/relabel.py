"""What a user says of a run, its name, tags, note and marks.

Owns that registry and card say the same.
"""

from dataclasses import replace
from typing import Any

from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.card import card_of, read_card, write_card
from graftui.registry.checked import LONGEST
from graftui.registry.store import Store
from graftui.settings import Settings


def relabel(settings: Settings, store: Store, run: Run, **changes: Any) -> None:
    """Change `name`, `tags`, `note`, `star` or `archived`. Raises UsageError for one that
    no card may hold, and NotFound if the run was deleted meanwhile.
    """
    for field, value in changes.items():
        texts = value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
        if max(map(len, texts), default=0) > LONGEST:
            raise UsageError(
                f"The {field} of run {run.id} has more than {LONGEST:,} characters.", "Shorten it."
            )
    run_dir = settings.run_dir(run.id)

    def write() -> None:
        write_card(run_dir, replace(read_card(run_dir) or card_of(run), **changes))

    if not store.update(run.id, then=write, **changes):
        store.get(run.id)
