"""Many runs, while all that is at them is killed by chance: no state is false and nothing is lost.

    SOAK_SEED=7 pytest -s tests/soak      # another seed than 1; it is printed
    SOAK_RUNS=60 pytest -s tests/soak     # more runs, and as many more troubles

The engine only pretends (pretend_engine.py); supervisor, warm engine, registry and commands are the
real ones. It needs Linux; where it may not mount a small disk, none fills.
"""

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.soak import oracle
from tests.soak.chaos import Chaos
from tests.soak.home import Home, home

GROUPS = {"big": 1, "small": 3}
RUNS = int(os.environ.get("SOAK_RUNS", "24"))
"""A fine-tuning and two grafts of it, so many times."""
ACTS = RUNS * 4 // 3
CHAOS_S = RUNS * 1.5
DRAIN_S = 300.0
ENDED = ("finished", "failed", "cancelled", "lost")


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, and forks of a warm engine")
def test_soak(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", "1"))
    chance = random.Random(seed)
    with home(tmp_path) as place:
        queue_all(place, chance)
        chaos = Chaos(place, chance, sorted(place.rows()))
        assert len(chaos.ids) == RUNS // 3 * 3
        torment(chaos)
        print(f"soak {seed}: did {dict(chaos.did)}", end="; ")
        rows = drained(place)
        print(Counter(row["status"] for row in rows.values()), end="; ")
        wrong = [*chaos.wrong, *judged(place, rows), *oracle.tagged(rows, chaos.tags)]
        rows = resumed(place, rows)
        print(Counter(row["status"] for row in rows.values()))
        wrong += [*judged(place, rows), *oracle.remains(place, rows), *all_done(place, rows)]
        rows = rebuilt(place, rows)
        wrong += [*judged(place, rows), *oracle.tagged(rows, chaos.tags), *all_done(place, rows)]
    assert not wrong, f"soak {seed}\n" + "\n".join(wrong)


def queue_all(place: Home, chance: random.Random) -> None:
    """Fine-tunings and two grafts of each, in two recipes of a group each."""
    parts: dict[str, str] = dict.fromkeys(GROUPS, "")
    for number in range(RUNS // 3):
        parts["big" if number % 4 == 0 else "small"] += three_parts(number, chance)
    typed(place, "queue", "pause")
    for group, recipe in parts.items():
        typed(place, "queue", "group", group, "--jobs", str(GROUPS[group]))
        (place.path / f"{group}.toml").write_text(recipe)
        typed(place, "run", f"{group}.toml", "--group", group, "--detach")
    typed(place, "queue", "resume")


def three_parts(number: int, chance: random.Random) -> str:
    mode = chance.choice(["ok"] * 6 + ["mute", "fail"])
    name = f"{mode}:{chance.randrange(16, 40)}:{chance.uniform(0.4, 1.6):.2f}"
    tuning = f'[p{number}]\nkind = "finetune"\nmodel.name = "{name}"\ntrain.seed = {number}\n'
    grafts = (
        f'[g{number}-{n}]\nkind = "graft"\nof = "p{number}"\nseed = {1000 * n + number}\n'
        for n in (1, 2)
    )
    return tuning + "".join(grafts)


def typed(place: Home, *words: str) -> str:
    code, text = place.typed(*words)
    assert code == 0, text
    return text


def torment(chaos: Chaos) -> None:
    """Each trouble once, and more by chance: ACTS, or as many as its time allows; in the middle the
    disk fills.
    """
    began, each = time.monotonic(), list(chaos.acts)
    chaos.chance.shuffle(each)
    for number in range(ACTS):
        time.sleep(chaos.chance.uniform(0.02, 0.2))
        if number == ACTS // 2 and chaos.home.small:
            chaos.fill_disk()
        (each.pop() if each and number >= ACTS // 3 else chaos.act)()
        if time.monotonic() - began > CHAOS_S:
            break
    chaos.end()
    chaos.kill_supervisor()


def drained(place: Home) -> oracle.Rows:
    """All runs once nothing goes on: a single look has the queue move on."""
    for run, row in place.rows().items():
        if row["status"] == "held":
            typed(place, "queue", "release", run)
    return settled(place)


def settled(place: Home) -> oracle.Rows:
    until = time.monotonic() + DRAIN_S
    while "supervisor" in place.processes().values():
        assert time.monotonic() < until, typed(place, "ls", "-n", "0")
        time.sleep(0.1)
    rows = place.rows()
    stranded = [row for row in rows.values() if row["status"] not in ENDED]
    assert not stranded, typed(place, "queue")
    return rows


def resumed(place: Home, rows: oracle.Rows) -> oracle.Rows:
    """All runs once those that ended early have gone on; some go once more by themselves: three
    times, since a fine-tuning and then its grafts may each do so for the first time now.
    """
    for _ in range(3):
        if early := [run for run, row in rows.items() if row["status"] != "finished"]:
            typed(place, "resume", *early, "--yes")
            rows = settled(place)
    return rows


def rebuilt(place: Home, rows: oracle.Rows) -> oracle.Rows:
    """All runs by a registry made anew from their folders."""
    for end in ("", "-wal", "-shm"):
        place.settings.db.with_name(f"runs.db{end}").unlink(missing_ok=True)
    return place.rows()


def judged(place: Home, rows: oracle.Rows) -> list[str]:
    return [
        *oracle.starts(place, rows),
        *oracle.widths(place, rows, GROUPS),
        *oracle.states(place, rows),
        *oracle.curves(place, rows),
    ]


def all_done(place: Home, rows: oracle.Rows) -> list[str]:
    """Every run has finished, but those that fail by themselves, and what is made from them."""
    wanted = {}
    for run, row in rows.items():
        fails = row["config"]["model"]["name"].startswith("fail")
        wanted[run] = (
            ("failed" if row["kind"] == "finetune" else "cancelled") if fails else "finished"
        )
    return [f"{run} is {rows[run]['status']} in the end: {rows[run]['message']}"
            for run, status in wanted.items() if rows[run]["status"] != status]  # fmt: skip
