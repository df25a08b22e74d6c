"""LM-BFF's template language: from an example's sentences to token ids with an answer position.

Parts stand between `*`: cls, mask, sep, sep+ (next segment), and a sentence as `sent_0`,
with `+` for a space before it, `-` for its last character dropped, `l` or `u` for its first
letter lowered or raised (`+sentl_1`). All else is literal text, `_` for a space.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.errors import ConfigError

_SENTENCE = re.compile(r"(\+?)sent([lu]?)(-?)_(\d)(\+?)")
_SPECIAL = ("cls", "mask", "sep", "sep+")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a template."""

    kind: str
    """cls, mask, sep, sep+, literal or sentence."""
    text: str = ""
    """The literal text."""
    sentence: int = 0
    """Which sentence of the example."""
    space: bool = False
    letter: str = ""
    """"l" or "u": change the case of the first letter."""
    drop_last: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled prompt."""

    ids: tuple[int, ...]
    answer: int
    """Position whose hidden state gives the answer: the mask, or the last token."""
    segments: tuple[int, ...]
    """Segment (token type) of each token."""


@cache
def parse(template: str) -> tuple[Part, ...]:
    """The parts of a template. Raises ConfigError for an unknown part."""
    pieces = template.split("*")
    if len(pieces) % 2 == 0:
        raise ConfigError(f"prompt {template!r}: an odd number of `*`", "write parts as *part*")
    parts: list[Part] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            parts.append(_part(piece, template))
        elif piece:
            parts.append(Part("literal", piece.replace("_", " ")))
    return tuple(parts)


def _part(piece: str, template: str) -> Part:
    if piece in _SPECIAL:
        return Part(piece)
    match = _SENTENCE.fullmatch(piece)
    if not match:
        raise ConfigError(
            f"prompt {template!r}: unknown part *{piece}*",
            "parts are *cls* *mask* *sep* *sep+* *sent_0* *+sent_0* *sent-_0* *sentl_1* *+sentu_1*",
        )
    space, letter, drop, number, _ = match.groups()
    return Part("sentence", "", int(number), bool(space), letter, bool(drop))


def _words(part: Part, texts: Sequence[str]) -> str:
    if part.kind == "literal":
        return part.text
    if part.sentence >= len(texts):
        raise ConfigError(
            f"the prompt asks for sentence {part.sentence}, but this task has {len(texts)}",
            "use *sent_0* only, or a prompt for this task",
        )
    text = texts[part.sentence]
    if part.drop_last:
        text = text[:-1]
    if part.letter and text:
        text = (text[0].lower() if part.letter == "l" else text[0].upper()) + text[1:]
    return (" " if part.space else "") + text


def fill(template: str, texts: Sequence[str], tokenizer: Any, max_length: int) -> Filled:
    """The prompt for `texts`, at most `max_length` tokens.

    When it is too long, the longest sentence loses tokens at its end until it fits; the
    template's own words and the mask are never cut (LM-BFF's tail truncation can cut them).
    Raises ConfigError if the template alone does not fit.
    """
    parts = parse(template)
    pieces = [_tokens(part, texts, tokenizer) for part in parts]
    _shorten(pieces, parts, max_length, template)
    ids: list[int] = []
    segments: list[int] = []
    segment, answer = 0, -1
    for part, piece in zip(parts, pieces, strict=True):
        if part.kind == "mask":
            answer = len(ids)
        ids += piece
        segments += [segment] * len(piece)
        segment += part.kind == "sep+"
    return Filled(tuple(ids), answer if answer >= 0 else len(ids) - 1, tuple(segments))


def _tokens(part: Part, texts: Sequence[str], tokenizer: Any) -> list[int]:
    if part.kind in _SPECIAL:
        name = part.kind.rstrip("+") + "_token_id"
        token = getattr(tokenizer, name)
        if token is None:
            raise ConfigError(
                f"the prompt uses *{part.kind}*, but this tokenizer has no {name}",
                "a causal LM takes task.type=autoregressive, and a prompt of text and sentences",
            )
        return [token]
    # A sentence that holds "<mask>" or "</s>" means these letters, not the special token.
    as_letters = part.kind == "sentence"
    return list(
        tokenizer.encode(
            _words(part, texts), add_special_tokens=False, split_special_tokens=as_letters
        )
    )


def _shorten(
    pieces: list[list[int]], parts: tuple[Part, ...], max_length: int, template: str
) -> None:
    over = sum(map(len, pieces)) - max_length
    while over > 0:
        sentences = [i for i, part in enumerate(parts) if part.kind == "sentence" and pieces[i]]
        if not sentences:
            raise ConfigError(
                f"task.max_length = {max_length} does not hold the prompt {template!r}",
                "raise task.max_length",
            )
        longest = max(sentences, key=lambda i: len(pieces[i]))
        others = max((len(pieces[i]) for i in sentences if i != longest), default=0)
        cut = min(over, max(1, len(pieces[longest]) - others))
        del pieces[longest][-cut:]
        over -= cut
