"""A table of cases in one test: thousands of small ones would cost more than what they look at."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

Test = Callable[..., None]


def each(names: str | Sequence[str], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, but one test goes through all cases; a failure names its own.

    For what leaves its fixtures as they were: the cases share them.
    """
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [case if len(keys) > 1 else (case,) for case in cases]

    def decorate(test: Test) -> Test:
        def through_all(**fixtures: Any) -> None:
            for row in rows:
                case = dict(zip(keys, row, strict=True))
                try:
                    test(**fixtures, **case)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"in the case {case}")
                    raise

        signature = inspect.signature(test)
        left = [one for name, one in signature.parameters.items() if name not in keys]
        assert rows, "no cases"
        assert len(left) + len(keys) == len(signature.parameters), "a name that is no parameter"
        for word in ("__name__", "__qualname__", "__doc__", "__module__", "pytestmark"):
            if hasattr(test, word):
                setattr(through_all, word, getattr(test, word))
        through_all.__dict__["__signature__"] = signature.replace(parameters=left)
        return through_all

    return decorate
