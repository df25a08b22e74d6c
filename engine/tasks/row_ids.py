"""Ids of rows: the same row has the same one, in every run, on every machine, in any order."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from engine.tasks.readers import Row


def row_ids(task: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """Of each row 16 hex digits of a digest of its task, label and texts.

    Of rows that are equal the second has "-2" behind it, the third "-3".
    """
    seen: Counter[str] = Counter()
    ids = []
    for row in rows:
        digest = _digest(task, row)
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return tuple(ids)


def _digest(task: str, row: Row) -> str:
    content = json.dumps([task, row.label, *row.texts])
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
