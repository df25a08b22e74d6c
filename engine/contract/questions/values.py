"""What questions, answers and messages are made of."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Base of all that is said: immutable."""

    # A score may be NaN: that is no reason to say nothing.
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), ser_json_inf_nan="constants"
    )


class Named(Value):
    """Base of questions and answers."""

    name: str
    """The same of a question and of its answer."""


A = TypeVar("A", bound=Named)
"""The answer that a question gets."""


class Question(Named, Generic[A]):
    """Base of all questions."""
