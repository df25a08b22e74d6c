"""Commands that take plain words as they are.

Typer has pydantic look at each argument, and to import that takes longer than listing ten thousand
runs. Text, counts within their bounds and what is left out need no look; all else, and so each word
that is wrong, goes to Typer.
"""

from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A verb."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its arguments and options, `--help` with them."""
        return _take_plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """Verbs under one name."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its arguments and options, `--help` with them."""
        return _take_plain(super().get_params(ctx))


def _take_plain(params: list[Any]) -> list[Any]:
    for param in params:
        param.process_value = partial(_processed, param, type(param).process_value)
    return params


def _processed(param: Any, of_typer: Any, ctx: Any, value: Any) -> Any:
    """As the `process_value` of Typer, for a value that needs no look."""
    plain, taken = _plain(param, value)
    if not plain or param.required and param.value_is_missing(taken):
        return of_typer(param, ctx, value)
    return taken if param.callback is None else param.callback(ctx, param, taken)


def _plain(param: Any, value: Any) -> tuple[bool, Any]:
    """Whether `value` is plain, and what becomes of it."""
    # Not public: where another Typer has it otherwise, all goes to Typer, and takes longer.
    wanted = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    info = getattr(getattr(param, "type_descriptor", None), "parameter_info", None)
    if wanted is None or info is None:
        return False, None
    several = param.multiple or param.nargs == -1
    if value is None:
        return True, () if several else None
    if info.parser is not None:
        return False, None
    if wanted is str and not several:
        return isinstance(value, str), value
    if wanted == list[str] and several:
        words = list(value) if isinstance(value, list | tuple) else [None]
        return all(isinstance(word, str) for word in words), words
    if wanted is int and not several:
        return _count(value, info.min, info.max)
    return False, None


def _count(value: Any, least: float | None, most: float | None) -> tuple[bool, Any]:
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    number = int(value) if digits else value
    if type(number) is not int:
        return False, None
    return (least is None or number >= least) and (most is None or number <= most), number
