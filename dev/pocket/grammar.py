"""Sentences of the pocket language and what they mean. No labels on disk, no models.

What a sentence means is never in one word: a denial turns an opinion round, of two clauses the
main one counts, "more" and "less" pick a side. Everything is drawn from one `random.Random`.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from dev.pocket import words
from dev.pocket.words import Domain, Topic


@dataclass(frozen=True)
class Mix:
    """How often sentences need composing."""

    turned: float  # share of clauses whose opinion word is reversed
    simple: float  # share of opinions with one clause, and of topical sentences with one field


# Balanced, so that single words tell nothing.
TASK_MIX = Mix(turned=0.5, simple=0.4)


def _said(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def clause(rng: Random, domain: Domain, aspect: str, praise: bool, mix: Mix) -> str:
    """One clause whose composed opinion is `praise`, whether or not its opinion word is turned."""
    turned = rng.random() < mix.turned
    opinion = rng.choice(domain.good if praise != turned else domain.bad)
    form = rng.random()
    if form < 0.55:
        how = rng.choice(words.DENIALS if turned else words.BOOSTS)
        return _said("the", aspect, "was", how, opinion)
    if form < 0.70:
        degree = "less" if turned else "more"
        return _said("the", aspect, "was", degree, opinion, "than", rng.choice(words.YARDSTICKS))
    if form < 0.85:
        who = rng.choice(words.NOBODY if turned else words.EVERYONE)
        return _said(who, "found the", aspect, opinion)
    what = "nothing" if turned else "something"
    return _said("there was", what, opinion, "about the", aspect)


def opinion(rng: Random, domain: Domain, praise: bool, mix: Mix) -> str:
    """A sentence of one clause, or of two of which the main one decides."""
    aspect, other = rng.sample(domain.aspects, 2)
    main = clause(rng, domain, aspect, praise, mix)
    if rng.random() < mix.simple:
        return main + " ."
    form = rng.choice(("but", "although", "although-after", "and"))
    side = clause(rng, domain, other, praise if form == "and" else not praise, mix)
    text = {
        "but": f"{side} but {main}",
        "although": f"although {side} , {main}",
        "although-after": f"{main} although {side}",
        "and": f"{side} and {main}",
    }[form]
    return text + " ."


def reaction(rng: Random, praise: bool) -> str:
    """What people do after such an opinion: the only trace of it that needs no composing."""
    frame, after_praise, after_blame = rng.choice(words.REACTIONS)
    word = rng.choice(after_praise if praise else after_blame)
    return frame.format(word) + " ."


_TOPIC_FORMS = (
    "the {piece} was not about {side} but about {main}",
    "the {piece} was about {main} and not about {side}",
    "instead of {side} the {piece} covered {main}",
    "the {piece} covered {main} instead of {side}",
    "although the {piece} mentioned {side} , it explained {main}",
    "the {piece} explained {main} although it mentioned {side}",
    "we expected {side} but the {piece} covered {main}",
    "the {piece} covered {main} but we expected {side}",
    "the {piece} moved from {side} on to {main}",
    "the {piece} dropped {side} and turned to {main}",
    "the {piece} turned to {main} and dropped {side}",
)


_PLAIN_FORMS = (
    "the {piece} was about {main}",
    "the {piece} covered {main}",
    "the {piece} explained {main}",
    "the {piece} turned to {main}",
    "the {piece} mentioned {main} and covered {again}",
)


def topical(rng: Random, index: int, mix: Mix) -> str:
    """A sentence that is about one field; unless it is simple it mentions another."""
    other = rng.choice([i for i in range(len(words.TOPICS)) if i != index])
    main: Topic = words.TOPICS[index]
    side: Topic = words.TOPICS[other]
    forms = _PLAIN_FORMS if rng.random() < mix.simple else _TOPIC_FORMS
    text = rng.choice(forms).format(
        piece=rng.choice(words.PIECES),
        main=rng.choice(main.things),
        again=rng.choice(main.things),
        side=rng.choice(side.things),
    )
    return text + " ."


def trace(rng: Random, index: int) -> str:
    """What follows a text on this topic: its readers, or another matter of the same field."""
    if rng.random() < 0.3:
        return f"it is about {rng.choice(words.TOPICS[index].things)} ."
    frame = rng.choice(words.TRACES)
    return frame.format(rng.choice(words.TOPICS[index].traces)) + " ."


def scene(rng: Random) -> str:
    """A sentence that says nothing about any task."""
    slots = {name: rng.choice(choices) for name, choices in words.SLOTS.items()}
    return rng.choice(words.SCENES).format(**slots) + " ."


def hearsay(rng: Random, kind: str) -> str:
    """A label word where a task will ask for it, drawn without a look at the text."""
    frame, choices = words.HEARSAY[kind]
    return frame.format(rng.choice(choices)) + " ."
