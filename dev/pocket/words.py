"""The word lists of the pocket language. Data only: no randomness, no grammar.

Every list is a tuple, so that a seeded draw gives the same word on every machine. The *label words*
of the tasks stand in `SCENES`, and now and then in `HEARSAY`, where they are drawn without a look
at the text: what the base models know of them says nothing about sentiment, topic or agreement, so
the prompt without training always names the commonest one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """A field in which opinions are held."""

    name: str
    aspects: tuple[str, ...]  # what can be good or bad
    good: tuple[str, ...]  # praise, unless negated
    bad: tuple[str, ...]  # blame, unless negated


_GOOD = ("good", "nice", "lovely", "solid", "superb", "pleasant", "impressive", "decent")
_BAD = ("bad", "poor", "dreadful", "awful", "weak", "unpleasant", "disappointing", "mediocre")

FILM = Domain(
    "film",
    (
        "film",
        "plot",
        "acting",
        "cast",
        "script",
        "ending",
        "dialogue",
        "opening",
        "comedy",
        "drama",
        "thriller",
        "sequel",
    ),
    _GOOD
    + (
        "moving",
        "witty",
        "gripping",
        "brilliant",
        "charming",
        "clever",
        "touching",
        "lively",
        "funny",
        "original",
    ),
    _BAD
    + (
        "dull",
        "clumsy",
        "shallow",
        "boring",
        "silly",
        "messy",
        "tedious",
        "lifeless",
        "slow",
        "predictable",
    ),
)
FOOD = Domain(
    "food",
    (
        "soup",
        "bread",
        "sauce",
        "dessert",
        "salad",
        "fish",
        "rice",
        "curry",
        "steak",
        "pasta",
        "breakfast",
        "menu",
    ),
    _GOOD
    + (
        "tasty",
        "crisp",
        "tender",
        "fragrant",
        "fresh",
        "juicy",
        "delicious",
        "creamy",
        "rich",
        "warm",
    ),
    _BAD
    + ("bland", "soggy", "greasy", "burnt", "stale", "dry", "cold", "salty", "sour", "tasteless"),
)
DOMAINS = (FILM, FOOD)

# "" stands for no word at all.
BOOSTS = ("", "", "very", "really", "quite", "truly", "rather", "so")
DENIALS = (
    "not",
    "not at all",
    "hardly",
    "never",
    "far from",
    "not very",
    "not really",
    "in no way",
)
YARDSTICKS = ("expected", "usual", "before", "promised")
EVERYONE = ("everybody", "we all", "most people", "my friends")
NOBODY = ("nobody", "none of us", "few people", "no friend of mine")

# What follows from a composed opinion: (frame, words after praise, words after blame).
REACTIONS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "it was {}",
        ("loved", "praised", "applauded", "adored", "cherished", "worthwhile"),
        ("hated", "panned", "mocked", "regretted", "dismissed", "wasted"),
    ),
    ("it was a {}", ("joy", "treat", "delight", "triumph"), ("chore", "pain", "shame", "failure")),
    ("i would {} it", ("recommend", "repeat", "defend"), ("avoid", "skip", "forget")),
    ("the guests {}", ("smiled", "cheered", "stayed"), ("frowned", "sighed", "left")),
    ("we {} the people behind it", ("thanked", "congratulated"), ("blamed", "scolded")),
    ("i gave it {} stars", ("five", "nine", "ten"), ("one", "two", "zero")),
    ("our mood {}", ("rose", "improved"), ("sank", "soured")),
    ("my sister felt {}", ("happy", "grateful", "thrilled"), ("angry", "cheated", "upset")),
    ("they deserve a {}", ("prize", "medal"), ("refund", "complaint")),
    ("critics {} it", ("praised", "loved", "applauded"), ("panned", "hated", "mocked")),
    ("that evening we were {}", ("happy", "thrilled", "satisfied"), ("angry", "upset", "bored")),
)

CONSISTENT = ("indeed", "naturally", "accordingly", "therefore", "unsurprisingly")
CONTRARY = ("however", "oddly", "strangely", "nevertheless", "surprisingly")
MATCHED = ("consistent", "compatible", "united", "matched", "harmonious")
CLASHING = ("opposed", "divided", "contrary", "inconsistent", "conflicting")


@dataclass(frozen=True)
class Topic:
    """A field that a text can be about."""

    name: str
    things: tuple[str, ...]  # what the text mentions
    traces: tuple[str, ...]  # what only shows up in texts whose main matter this is


TOPICS = (
    Topic(
        "sports",
        (
            "football",
            "tennis",
            "goals",
            "referees",
            "marathons",
            "cycling",
            "boxing",
            "swimming",
            "penalties",
            "rowing",
            "hockey",
            "skating",
        ),
        ("athletes", "coaches", "runners", "players", "goalkeepers", "trainers"),
    ),
    Topic(
        "politics",
        (
            "elections",
            "taxes",
            "parliament",
            "treaties",
            "senators",
            "budgets",
            "ballots",
            "ministers",
            "laws",
            "campaigns",
            "borders",
            "embassies",
        ),
        ("voters", "mayors", "diplomats", "citizens", "deputies", "councillors"),
    ),
    Topic(
        "science",
        (
            "atoms",
            "planets",
            "genes",
            "telescopes",
            "fossils",
            "magnets",
            "proteins",
            "galaxies",
            "lasers",
            "bacteria",
            "volcanoes",
            "neurons",
        ),
        ("physicists", "chemists", "biologists", "scholars", "astronomers", "engineers"),
    ),
    Topic(
        "music",
        (
            "violins",
            "operas",
            "guitars",
            "choirs",
            "melodies",
            "drums",
            "symphonies",
            "pianos",
            "ballads",
            "trumpets",
            "concerts",
            "rhythms",
        ),
        ("singers", "composers", "drummers", "bands", "conductors", "pianists"),
    ),
)
PIECES = ("article", "talk", "report", "show", "lecture", "letter", "book", "podcast")
TRACES = (
    "it was read by {}",
    "it was meant for {}",
    "it pleased many {}",
    "we sent it to {}",
)

# Small scenes that say nothing about any task; the label words live here, each in its own company.
SCENES = (
    "the great {hall} opened on {day}",
    "my great {kin} called on {day}",
    "a terrible {weather} came on {day}",
    "the terrible {weather} ended on {day}",
    "we met near the sports {ground} on {day}",
    "the sports {ground} closed on {day}",
    "she left a politics {paper} on the train",
    "he bought a politics {paper} on {day}",
    "the science {house} is near the river",
    "we saw the science {house} on {day}",
    "the music {store} moved on {day}",
    "a music {store} is near the river",
    "the {kin} and the twins look alike",
    "the twins were dressed alike on {day}",
    "the two towns lie far apart",
    "the {weather} blew the boats apart on {day}",
    "it was {day}",
    "it was about {hour} in the evening",
    "the train came at {hour}",
    "my {kin} came along on {day}",
)
SLOTS: dict[str, tuple[str, ...]] = {
    "day": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "hour": ("six", "seven", "eight", "noon", "midnight"),
    "hall": ("hall", "lakes", "bridge", "gate"),
    "kin": ("uncle", "aunt", "grandfather", "cousin"),
    "weather": ("storm", "winter", "flood", "wind"),
    "ground": ("field", "club", "track"),
    "paper": ("magazine", "notebook", "journal"),
    "house": ("museum", "library", "tower"),
    "store": ("shop", "school", "room"),
}
# Said of any text, true or not; a word named twice is twice as common.
HEARSAY = {
    "opinion": ("it was {}", ("great", "great", "terrible")),
    "topic": ("it is about {}", ("sports", "sports", "politics", "science", "music")),
    "pair": ("the two seem {}", ("alike", "alike", "apart")),
}
