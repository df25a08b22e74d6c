"""Looks at files that are taken once for a whole plan: ten thousand cells of a sweep ask the same
of the same model, task and device.

Owns how long an answer is kept: for the block of `looking_once`, and nowhere else. A dashboard
lives for days, and what it plans goes by the files as they are then.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

Answer = TypeVar("Answer")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def looking_once() -> Iterator[None]:
    """For the block, `once` answers the same question as it did before."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(question: Hashable, look: Callable[[], Answer]) -> Answer:
    """What `look` says; within `looking_once`, what it said to `question` the first time. What it
    raises is raised, and is not kept.
    """
    kept = _kept.get()
    if kept is None:
        return look()
    if question not in kept:
        kept[question] = look()
    return cast(Answer, kept[question])
