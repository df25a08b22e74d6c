"""That archived runs stay out of what does not ask for them.

Owns what it is to ask: a condition on the key `archived`, anywhere in the query.
"""

from graftui.registry.query.keys import ARCHIVED, known
from graftui.registry.query.tree import Condition, Query, all_of, leaves

_NOT_ARCHIVED = Condition(ARCHIVED, "=", ("no",))


def unarchived(query: Query) -> Query:
    """`query`, of runs that are not archived; as it is where it says which of them it wants."""
    conditions = (leaf for leaf in leaves(query) if isinstance(leaf, Condition))
    keys = (known(condition.key) for condition in conditions)
    if any(key is not None and key.name == ARCHIVED for key in keys):
        return query
    return all_of(query, _NOT_ARCHIVED)
