"""Configs as text: what a run is told to do, read, checked and written.

Refuses unknown keys and kinds that are not registered (kinds/). Reads no model and no data.
"""

import json
from functools import lru_cache
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter

from engine.contract.identity import upgraded
from engine.contract.kinds import kinds
from engine.contract.migrations import FIRST, VERSION, has_gone
from engine.contract.sections import DemoConfig, ModelConfig, RunConfig, Section, TaskConfig

__all__ = [
    "DemoConfig",
    "ModelConfig",
    "RunConfig",
    "Section",
    "TaskConfig",
    "current",
    "dumps",
    "loads",
    "parse",
]


@lru_cache(maxsize=8)
def _adapter(models: tuple[type[RunConfig], ...]) -> TypeAdapter[RunConfig]:
    # A union that is made while running is more than mypy knows.
    any_of_them: Any = Annotated[Union[models], Field(discriminator="kind")]  # noqa: UP007
    return TypeAdapter(any_of_them)


def _checked(text: str | bytes) -> RunConfig:
    """The config in a JSON text, of one of the kinds that are registered by now."""
    return _adapter(tuple(kind.config for kind in kinds().values())).validate_json(text)


def parse(raw: dict[str, Any]) -> RunConfig:
    """The config in `raw`, as it is wanted now: of the present version, whatever it was before.

    Raises pydantic's ValidationError; `schema.explain` words it.
    """
    # One without a version was written by hand; some of 0.1 were saved so.
    version = FIRST if has_gone(raw) else VERSION
    # Through JSON, where a list will do for a tuple though types are strict.
    return _checked(json.dumps(current({"version": version, **raw}), default=str))


def loads(text: str | bytes) -> RunConfig:
    """The config in a JSON text, such as config.json, of any version that is known here.

    Its `version` stays the one that it was written by. Raises ValidationError.
    """
    try:
        raw = json.loads(text)
        now = json.dumps(current(raw))
    except (ValueError, RecursionError):
        return _checked(text)  # says what is wrong with it
    config = _checked(now)
    return config.model_copy(update={"version": raw.get("version", FIRST)})


def current(raw: Any) -> Any:
    """A config of any version as the present one would have written it; others as they are."""
    kind = kinds().get(str(raw.get("kind"))) if isinstance(raw, dict) else None
    return upgraded(raw, kind.config) if kind else raw


def dumps(config: Section) -> str:
    """`config` as readable JSON; `loads` gives the same config back."""
    return config.model_dump_json(indent=2) + "\n"
