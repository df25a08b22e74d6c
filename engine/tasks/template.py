"""LM-BFF's template language: from an example's sentences to token ids with an answer position.

Parts stand between `*`: cls, mask, sep, sep+ (next segment), and a sentence as `sent_0`,
with `+` for a space before it, `-` for its last character dropped, `l` or `u` for its first
letter lowered or raised (`+sentl_1`). In demonstrations, `label_1` is the word of class 1 and
`labelx_0` the word of the first demonstration's class. All else is literal text, `_` for a space
and `\\n` for a new line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from engine.errors import ConfigError

_SENTENCE = re.compile(r"(\+?)sent([lu]?)(-?)_(\d+)(\+?)")
_LABEL = re.compile(r"label(x?)_(\d+)")
_SPECIAL = ("cls", "mask", "sep", "sep+")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a template."""

    kind: str
    """cls, mask, sep, sep+, literal, sentence, label or labelx."""
    text: str = ""
    """The literal text."""
    number: int = 0
    """Which sentence, class or demonstration."""
    space: bool = False
    letter: str = ""
    """"l" or "u": change the case of the first letter."""
    drop_last: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an input may be, in tokens; 0: no limit."""

    length: int
    """Of the whole input."""
    first: int = 0
    """Of sentence 0."""
    other: int = 0
    """Of the other sentences, demonstrations included."""
    cut: Literal["tail", "head"] = "tail"
    """End at which a sentence loses tokens when the input is too long."""


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
            parts.append(Part("literal", piece.replace("_", " ").replace("\\n", "\n")))
    return tuple(parts)


def _part(piece: str, template: str) -> Part:
    if piece in _SPECIAL:
        return Part(piece)
    if match := _LABEL.fullmatch(piece):
        return Part(f"label{match[1]}", number=int(match[2]))
    if match := _SENTENCE.fullmatch(piece):
        space, letter, drop, number, _ = match.groups()
        return Part("sentence", "", int(number), bool(space), letter, bool(drop))
    raise ConfigError(
        f"prompt {template!r}: unknown part *{piece}*",
        "parts are *cls* *mask* *sep* *sep+* *sent_0* *+sent_0* *sent-_0* *sentl_1* *+sentu_1* "
        "*label_0* *labelx_0*",
    )


def with_demonstrations(template: str, classes: int, sentences: int) -> str:
    """`template` followed by itself once a class, answered; sentences number on (LM-BFF).

    A template that has *labelx_...* parts already is given back as it is.
    """
    parts = parse(template)
    if any(part.kind == "labelx" for part in parts):
        return template
    pieces = re.split(r"(\*[^*]*\*)", template.replace("*cls*", ""))
    made = template
    for shown in range(classes):
        for piece in pieces:
            match = _SENTENCE.fullmatch(piece.strip("*")) if piece.startswith("*") else None
            if piece == "*mask*":
                made += f"*labelx_{shown}*"
            elif match:
                number = int(match[4]) + sentences * (shown + 1)
                made += f"*{match[1]}sent{match[2]}{match[3]}_{number}{match[5]}*"
            else:
                made += piece
    return made


class Filler:
    """Fills one template by one tokenizer."""

    form: tuple[Any, ...] = ()
    """What else makes the tokens than template, limits and answers."""

    def __init__(
        self,
        template: str,
        tokenizer: Any,
        limits: Limits,
        answers: Sequence[Sequence[int]] = (),
    ) -> None:
        """`answers`: token ids of each class's label word. Raises ConfigError."""
        self.template = template
        self.limits = limits
        self.answers = answers
        self._parts = parse(template)
        self._tokenizer = tokenizer
        self._known: dict[tuple[str, bool], list[int]] = {}

    def __call__(self, texts: Sequence[str], shown: Sequence[int] = ()) -> Filled:
        """The prompt for `texts`, those of the demonstrations at their end; `shown`: their classes.

        When it is too long, the longest sentence loses tokens until it fits; the template's own
        words and the mask are never cut (LM-BFF's tail truncation can cut them). Raises
        ConfigError if the template alone does not fit.
        """
        pieces = [self._tokens(part, texts, shown) for part in self._parts]
        self._shorten(pieces)
        ids: list[int] = []
        segments: list[int] = []
        segment, answer = 0, -1
        for part, piece in zip(self._parts, pieces, strict=True):
            if part.kind == "mask":
                answer = len(ids)
            ids += piece
            segments += [segment] * len(piece)
            segment += part.kind == "sep+"
        return Filled(tuple(ids), answer if answer >= 0 else len(ids) - 1, tuple(segments))

    def _tokens(self, part: Part, texts: Sequence[str], shown: Sequence[int]) -> list[int]:
        if part.kind in _SPECIAL:
            return [special_token(self._tokenizer, part.kind)]
        if part.kind == "literal":
            return list(self._encoded(part.text, as_letters=False))
        if part.kind == "sentence":
            # A sentence that holds "<mask>" or "</s>" means these letters, not the special token.
            tokens = self._encoded(sentence(part, texts), as_letters=True)
            limit = self.limits.other if part.number else self.limits.first
            return tokens[: limit or None]
        which = _at(shown, part.number, "demonstration") if part.kind == "labelx" else part.number
        return list(_at(self.answers, which, "class"))

    def _encoded(self, text: str, as_letters: bool) -> list[int]:
        ids = self._known.get((text, as_letters))
        if ids is None:
            ids = self._tokenizer.encode(
                text, add_special_tokens=False, split_special_tokens=as_letters
            )
            self._known[text, as_letters] = ids
        return ids

    def _shorten(self, pieces: list[list[int]]) -> None:
        over = sum(map(len, pieces)) - self.limits.length
        while over > 0:
            full = [i for i, p in enumerate(self._parts) if p.kind == "sentence" and pieces[i]]
            if not full:
                raise ConfigError(
                    f"task.max_length = {self.limits.length} does not hold the prompt "
                    f"{self.template!r}",
                    "raise task.max_length, if the model takes more; else shorten the prompt",
                )
            longest = max(full, key=lambda i: len(pieces[i]))
            others = max((len(pieces[i]) for i in full if i != longest), default=0)
            cut = min(over, max(1, len(pieces[longest]) - others))
            kept = slice(cut, None) if self.limits.cut == "head" else slice(None, -cut)
            pieces[longest] = pieces[longest][kept]
            over -= cut


def special_token(tokenizer: Any, kind: str) -> int:
    """Id of a tokenizer's cls, mask or sep. Raises ConfigError if it has none."""
    name = kind.rstrip("+") + "_token_id"
    token = getattr(tokenizer, name)
    if token is None:
        raise ConfigError(
            f"the prompt uses *{kind}*, but this tokenizer has no {name}",
            "a causal LM takes task.type=autoregressive, and a prompt of text and sentences",
        )
    return int(token)


def sentence(part: Part, texts: Sequence[str]) -> str:
    """The text of a sentence part. Raises ConfigError if there is no such sentence."""
    if part.number >= len(texts):
        raise ConfigError(
            f"the prompt asks for sentence {part.number}, but there are {len(texts)}",
            "use *sent_0* for a task of one sentence, *sent_0* and *sent_1* for one of two",
        )
    text = texts[part.number]
    if part.drop_last:
        text = text[:-1]
    if part.letter and text:
        text = (text[0].lower() if part.letter == "l" else text[0].upper()) + text[1:]
    return (" " if part.space else "") + text


def _at(values: Sequence[Any], number: int, what: str) -> Any:
    if number >= len(values):
        raise ConfigError(
            f"the prompt asks for {what} {number}, but there are {len(values)}",
            "numbers begin with 0; *labelx_...* needs task.type=prompt-demo",
        )
    return values[number]
