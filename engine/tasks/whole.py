"""Prompts of causal LMs: tokenised as a whole together with the answer, as a model has read texts.

Owns where the prompt ends and the answer begins: by offsets. A token that reaches over the end of
the prompt belongs to the answer, as do those before it that depend on the answer. What looks like a
special token means its letters in a sentence, and the token in the template's own words.
"""

import re
from collections.abc import Sequence
from typing import Any

from engine.errors import ConfigError
from engine.tasks.template import Filled, Filler, Limits, Part, sentence, special_token

Item = str | int
"""A text, or the id of a special token."""


class WholeFiller(Filler):
    """Fills one template by one tokenizer that tells offsets."""

    def __init__(
        self,
        template: str,
        tokenizer: Any,
        limits: Limits,
        words: Sequence[str],
        sample: Sequence[str],
        bos: bool,
    ) -> None:
        """`words`: the answers; `sample`: the sentences of a row, whose answers' ids are taken for
        all rows. `bos`: begin with what the tokenizer puts before a text. Raises ConfigError."""
        super().__init__(template, tokenizer, limits)
        self._words = words
        special = (t.content for t in tokenizer.added_tokens_decoder.values() if t.special)
        self._special = re.compile("|".join(map(re.escape, sorted(special, key=len)[::-1])) or "$^")
        self._begin = _before(tokenizer) if bos else []
        self.answers = self._split(self._items(sample))[1]
        self.form = ("whole", bos, tuple(words))

    def __call__(self, texts: Sequence[str], shown: Sequence[int] = ()) -> Filled:
        """The prompt for `texts`; the longest sentence loses tokens until it fits."""
        sentences = [self._limited(part, texts) for part in self._parts if part.kind == "sentence"]
        while (over := len(ids := self._filled(sentences)) - self.limits.length) > 0:
            self._shorten_text(sentences, over)
        return Filled(tuple(ids), len(ids) - 1, (0,) * len(ids))

    def _filled(self, sentences: Sequence[str]) -> list[int]:
        items = self._items(sentences, ready=True)
        prompt, answers = self._split(items)
        # Where a row's end makes the answers other tokens, its prompt stands alone.
        return prompt if answers == self.answers else self._ids(items)

    def _items(self, texts: Sequence[str], ready: bool = False) -> list[Item]:
        """The template's texts, joined, and special tokens; `ready`: one text a sentence part."""
        items: list[Item] = [*self._begin]
        given = iter(texts)
        for part in self._parts:
            if part.kind == "sentence":
                _add(items, next(given) if ready else sentence(part, texts))
            elif part.kind == "literal":
                self._add_literal(items, part.text)
            elif part.kind == "label":
                _add(items, self._words[part.number])
            else:
                items.append(special_token(self._tokenizer, part.kind))
        return items

    def _add_literal(self, items: list[Item], text: str) -> None:
        at = 0
        for match in self._special.finditer(text):
            _add(items, text[at : match.start()])
            items.append(int(self._tokenizer.convert_tokens_to_ids(match[0])))
            at = match.end()
        _add(items, text[at:])

    def _ids(self, items: Sequence[Item]) -> list[int]:
        return [
            i for item in items for i in (self._cut(item)[0] if isinstance(item, str) else [item])
        ]

    def _split(self, items: Sequence[Item]) -> tuple[list[int], tuple[tuple[int, ...], ...]]:
        """Ids of the prompt, and of each answer after it."""
        *before, last = items or [""]
        if isinstance(last, int):
            before, last = [*items], ""
        if not all(last[-1:].isspace() or word[:1].isspace() or not last for word in self._words):
            # Run together they would be one word: they are two texts.
            return self._ids(items), tuple(tuple(self._cut(word)[0]) for word in self._words)
        wholes = [self._cut(last + word) for word in self._words] or [self._cut(last)]
        ends = [sum(end <= len(last) for _, end in offsets) for _, offsets in wholes]
        alike = _common([ids for ids, _ in wholes])
        size = min(alike, *ends)
        answers = tuple(tuple(ids[size:]) for ids, _ in wholes) if self._words else ()
        return self._ids(before) + wholes[0][0][:size], answers

    def _cut(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoded = self._tokenizer(
            text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True
        )
        return encoded["input_ids"], encoded["offset_mapping"]

    def _limited(self, part: Part, texts: Sequence[str]) -> str:
        text, limit = sentence(part, texts), self.limits.other if part.number else self.limits.first
        ids, offsets = self._cut(text) if limit else ([], [])
        return text[: offsets[limit - 1][1]] if limit and len(ids) > limit else text

    def _shorten_text(self, sentences: list[str], over: int) -> None:
        offsets = [self._cut(text)[1] for text in sentences]
        sizes = [len(each) for each in offsets]
        if not any(sizes):
            raise ConfigError(
                f"task.max_length = {self.limits.length} does not hold the prompt "
                f"{self.template!r}",
                "raise task.max_length, if the model takes more; else shorten the prompt",
            )
        at = max(range(len(sizes)), key=sizes.__getitem__)
        others = max((size for i, size in enumerate(sizes) if i != at), default=0)
        # Of two that are as long each gives half: one token at a time would take minutes a row.
        cut = min(over, (sizes[at] - others) or (over + 1) // 2, sizes[at])
        text, left = sentences[at], sizes[at] - cut
        if self.limits.cut == "head":
            kept = text[offsets[at][cut][0] :] if left else ""
            sentences[at] = kept if len(kept) < len(text) else text[1:]
        else:
            kept = text[: offsets[at][left - 1][1]] if left else ""
            sentences[at] = kept if len(kept) < len(text) else text[:-1]


def _add(items: list[Item], text: str) -> None:
    if items and isinstance(items[-1], str):
        items[-1] += text
    elif text:
        items.append(text)


def _common(rows: Sequence[Sequence[int]]) -> int:
    """How many ids all rows begin with."""
    least = min(map(len, rows))
    return next((at for at in range(least) if len({row[at] for row in rows}) > 1), least)


def _before(tokenizer: Any) -> list[int]:
    """The tokens that a tokenizer puts before a text."""
    plain = tokenizer.encode("a", add_special_tokens=False)
    whole = tokenizer.encode("a")
    starts = [i for i in range(len(whole)) if whole[i : i + len(plain)] == plain]
    return [int(i) for i in whole[: starts[0]]] if starts else []
