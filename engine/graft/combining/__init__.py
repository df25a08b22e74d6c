"""How skills are combined: the code that the entries of engine.contract.combining name.

Owns what a method is: it is given the task vectors of several skills, side by side over the weights
that any of them holds, and says how far each of these weights moves. What a method makes of one
skill, and whether the order of several counts, is said in its file.
"""

from collections.abc import Callable
from typing import cast

from engine.contract.combining import Method
from engine.contract.kinds.combine import CombineConfig
from engine.graft.combining.vectors import Mixed, Vectors
from engine.named import code_at

__all__ = ["Combine", "Mixed", "Vectors", "code_of"]

Combine = Callable[[Vectors, CombineConfig], Mixed]


def code_of(entry: Method) -> Combine:
    """The function that `entry` names. Raises ConfigError where it is not there."""
    whose = f"combine.method = {entry.name}: its entry"
    remedy = "mend `code` in its file in engine/contract/combining"
    return cast(Combine, code_at(entry.code, whose, remedy))
