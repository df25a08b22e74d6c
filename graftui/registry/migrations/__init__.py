"""The schema of runs.db, as the list of its changes. Append only: never edit one that shipped.

Owns the tables; how the list is applied is in migrate.py.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from graftui.registry.migrations import from_m008, from_m013, to_m007

if TYPE_CHECKING:
    from sqlite_utils import Database

Migration = Callable[["Database"], None]

MIGRATIONS: list[Migration] = [
    to_m007.m001_runs,
    to_m007.m002_measurements,
    to_m007.m003_search,
    to_m007.m004_notes,
    to_m007.m005_warnings,
    to_m007.m006_progress,
    to_m007.m007_whereabouts,
    from_m008.m008_inputs,
    from_m008.m009_open_scores,
    from_m008.m010_attempts,
    from_m008.m011_labelled_curves,
    from_m008.m012_words_of_tags,
    from_m013.m013_stars,
    from_m013.m014_turns,
    from_m013.m015_grants,
    from_m013.m016_hooks,
    from_m013.m017_queue_changes,
]
