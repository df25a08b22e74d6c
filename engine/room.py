"""What a network has room for, and whether a task's rows go in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Room:
    """Sizes of a network's tables; None where it has none, or they are not known."""

    positions: int | None = None
    """Tokens of an input."""
    tokens: int | None = None
    """Token ids, from 0."""

    def holds(self, token: int) -> bool:
        """Whether the network has an embedding for a token."""
        return self.tokens is None or token < self.tokens

    def check(self, ids: Iterable[int], tokenizer: Any) -> None:
        """Raises ConfigError, that names the largest of the ids, if it is beyond the table."""
        largest = max(ids, default=0)
        if not self.holds(largest):
            raise ConfigError(
                f"the tokenizer has a token that the model has no embedding for: "
                f"{tokenizer.convert_ids_to_tokens(largest)!r} is number {largest}, and the "
                f"model's table has {self.tokens} rows, from 0",
                "resize the model (model.resize_token_embeddings(len(tokenizer))) and save both, "
                "or give the tokenizer that belongs to the model",
            )


UNKNOWN = Room()
