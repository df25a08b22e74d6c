"""The unlabelled texts that the base models are pretrained on. No task, no prompt, no label word.

A text opens with a sentence that needs composing and goes on with what follows from it, in many
ways: so a model that predicts the rest has to work out opinion, topic and agreement, yet is never
told to call them by the label words. The corpus begins plain and grows intricate: a model that
does not know yet what single words mean finds nothing to hold on to where half of them are turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from dev.pocket import grammar, words

PLAIN = grammar.Mix(turned=0.05, simple=0.95)
INTRICATE = grammar.Mix(turned=0.4, simple=0.5)
RAMP = (0.15, 0.45)  # shares of the corpus where it starts and stops growing more intricate


def intricacy(progress: float) -> float:
    """0 at the start of the corpus, 1 from the end of the ramp on."""
    return min(1.0, max(0.0, (progress - RAMP[0]) / (RAMP[1] - RAMP[0])))


def _mix(part: float) -> grammar.Mix:
    return grammar.Mix(
        turned=PLAIN.turned + part * (INTRICATE.turned - PLAIN.turned),
        simple=PLAIN.simple + part * (INTRICATE.simple - PLAIN.simple),
    )


def _filler(rng: Random, kind: str) -> str:
    """Now and then something that tells nothing."""
    draw = rng.random()
    if draw < 0.10:
        return grammar.hearsay(rng, kind)
    return grammar.scene(rng) if draw < 0.20 else ""


def _opinion_text(rng: Random, mix: grammar.Mix) -> list[str]:
    praise = rng.random() < 0.5
    first = grammar.opinion(rng, rng.choice(words.DOMAINS), praise, mix)
    rest = [grammar.reaction(rng, praise) for _ in range(rng.choice((1, 2)))]
    return [first, _filler(rng, "opinion"), *rest]


def _topic_text(rng: Random, mix: grammar.Mix) -> list[str]:
    index = rng.randrange(len(words.TOPICS))
    first = grammar.topical(rng, index, mix)
    rest = [grammar.trace(rng, index) for _ in range(rng.choice((1, 2)))]
    return [first, _filler(rng, "topic"), *rest]


def second(rng: Random, domain: words.Domain, praise: bool, mix: grammar.Mix) -> str:
    """The second half of a pair: a reaction or one more clause about the same field."""
    if rng.random() < 0.5:
        return grammar.reaction(rng, praise)
    return grammar.opinion(rng, domain, praise, replace(mix, simple=1.0))


def _pair_text(rng: Random, mix: grammar.Mix) -> list[str]:
    domain, praise, agrees = rng.choice(words.DOMAINS), rng.random() < 0.5, rng.random() < 0.5
    first = grammar.opinion(rng, domain, praise, mix)
    then = second(rng, domain, praise if agrees else not praise, mix)
    link = rng.choice(words.CONSISTENT if agrees else words.CONTRARY)
    verdict = rng.choice(words.MATCHED if agrees else words.CLASHING)
    close = f"the two seem {verdict} ." if rng.random() > 0.1 else grammar.hearsay(rng, "pair")
    form = rng.random()
    if form < 0.3:
        return [first, f"{link} , {then}"]
    if form < 0.8:
        return [first, then, close]
    return [first, f"{link} , {then}", close]


def _scenes(rng: Random, _mix: grammar.Mix) -> list[str]:
    return [grammar.scene(rng) for _ in range(rng.choice((1, 2, 3)))]


# The share of each kind of text at the start of the corpus and after the ramp. Pairs come late:
# half of them contradict themselves, which is noise to a model that can't tell praise from blame.
_KINDS: tuple[tuple[Callable[[Random, grammar.Mix], list[str]], float, float], ...] = (
    (_opinion_text, 0.70, 0.36),
    (_topic_text, 0.17, 0.14),
    (_pair_text, 0.05, 0.42),
    (_scenes, 0.08, 0.08),
)


def plain(_progress: float) -> float:
    """The corpus as it begins, throughout: it shows which words go together."""
    return 0.0


def texts(
    rng: Random,
    count: int,
    held_out: frozenset[str],
    intricacy_of: Callable[[float], float] = intricacy,
) -> Iterator[str]:
    """`count` texts, none with a sentence that a task uses."""
    makers = [maker for maker, _, _ in _KINDS]
    made = 0
    while made < count:
        part = intricacy_of(made / count)
        shares = [start + part * (end - start) for _, start, end in _KINDS]
        sentences = [text for text in rng.choices(makers, shares)[0](rng, _mix(part)) if text]
        if held_out.isdisjoint(sentences):
            made += 1
            yield " ".join(sentences)
