"""The orders of the table of runs, by choice or by the head of a column."""

from graftui.results.columns import COLUMNS
from graftui.tui.dialogs.choice import Option

SORTS = (
    Option("-created", "newest first", ""),
    Option("created", "oldest first", ""),
    Option("status", "status", ""),
    Option("name", "name", ""),
    Option("task", "task", ""),
    Option("-graft", "score of the graft", "best first"),
    Option("-tuned", "score of the fine-tuned model", "best first"),
    Option("-recov.", "recovery", "best first"),
    Option("-took", "time it took", "longest first"),
)


def by_column(column: str, sort: str) -> str:
    """That of a column's head; of the one in force, turned round."""
    key = next(each.sort for each in COLUMNS if each.name == column)
    if key != sort:
        return key
    return key[1:] if key.startswith("-") else f"-{key}"
