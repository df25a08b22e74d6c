"""The queue as its user arranges it, by the command line."""

from tests.cli.workplace import Workplace


def line(work: Workplace) -> list[tuple[str, str, int, str]]:
    """What waits, in the order of the queue: name, status, priority and group of each."""
    waiting = work.json("queue")["waiting"]
    return [(run["name"], run["status"], run["priority"], run["group"]) for run in waiting]


def test_arranged_it_stays_so_without_its_registry(work: Workplace) -> None:
    assert "nothing new of it starts" in work.run("queue", "pause")
    assert work.json("queue", "group", "big", "--jobs", "1")["groups"] == {
        "big": {"jobs": 1, "paused": False}
    }
    assert work.json("queue", "jobs", "3")["jobs"] == 3
    told = work.run("run", "both.toml", "-d", "--name", "first")
    assert "nothing of it starts until `graftui queue resume`" in told
    work.run("run", "both.toml", "-d", "--name", "[/x]", "--set", "train.lr=0.1", "-g", "big",
             "-p", "2")  # fmt: skip
    assert line(work) == [
        *[("[/x]", "queued", 2, "big")] * 2,
        *[("first", "queued", 0, "")] * 2,
    ]
    graft, tuning = work.json("ls", "-f", "name=first")
    moved = work.json("queue", "move", tuning["id"], "--front")
    assert [(run["id"], run["priority"]) for run in moved] == [(tuning["id"], 2)]
    assert "no terminal to ask at" in work.run("queue", "hold", "-f", "group=big", code=2)
    assert len(work.json("queue", "hold", "-f", "group=big and kind=finetune", "-y")) == 1
    arranged = [
        ("first", "queued", 2, ""),
        ("[/x]", "held", 2, "big"),
        ("[/x]", "queued", 2, "big"),
        ("first", "queued", 0, ""),
    ]
    assert line(work) == arranged
    seen = work.json("queue")
    assert seen.pop("machine")["cores"] > 0
    (work.path / "runs.db").unlink()
    assert line(work) == arranged
    again = work.json("queue")
    del again["machine"]
    assert again == seen
    shown = work.run("queue")
    assert "queue: 0 of 3 at work, paused" in shown
    assert "held: You hold it back." in shown
    assert f"after {tuning['id']} (queued)" in shown
    assert "[/x]" in shown
    assert graft["id"] in shown


def test_what_is_paused_or_held_starts_when_it_is_let_go(work: Workplace) -> None:
    work.run("queue", "group", "big", "-j", "1")
    work.run("queue", "pause", "big")
    work.run("run", "both.toml", "-d", "-g", "big")
    assert {run["why"] for run in work.json("queue")["waiting"]} >= {"the group big is paused"}
    work.run("run", "both.toml", "--set", "train.lr=0.2")  # what is of no group goes on
    tuning = work.json("ls", "-f", "kind=finetune and group=big")[0]["id"]
    work.run("queue", "hold", tuning)
    work.run("queue", "resume", "big")
    assert work.json("show", tuning)["status"] == "held"
    work.run("queue", "release", tuning)
    work.run("watch", tuning)
    assert work.json("show", tuning)["status"] == "finished"


def test_a_file_that_cannot_be_read_is_paused_and_not_written_over(work: Workplace) -> None:
    work.run("queue", "group", "big", "-j", "1")
    file = work.path / "data" / "queue.json"
    damaged = file.read_text().replace("}", "", 1)
    file.write_text(damaged)
    assert f"{file} cannot be read" in work.run("run", "both.toml", "-d")
    assert {run["why"] for run in work.json("queue")["waiting"]} >= {"the queue is paused"}
    assert f"{file} cannot be read" in work.run("queue")
    assert "Mend it, or delete it" in work.run("queue", "resume", code=2)
    assert f"{file} cannot be read" in work.run("doctor", code=5)
    assert file.read_text() == damaged
    assert {run["status"] for run in work.json("ls")} == {"queued"}
    file.unlink()
    assert work.json("queue")["paused"] is False


def test_what_cannot_be_is_refused_and_changes_nothing(work: Workplace) -> None:
    work.run("queue", "pause")
    asked = work.run("run", "both.toml", "-d", "--group", "bgi", code=2)
    assert "no group 'bgi'" in asked
    assert "graftui queue group bgi --jobs 1" in asked
    assert work.json("ls") == []
    work.run("run", "both.toml", "-d")
    graft, tuning = work.json("ls")
    before = work.json("queue")
    assert "Leave it out" in work.run("queue", "release", tuning["id"], graft["id"], code=2)
    assert "Give one of --front" in work.run("queue", "move", graft["id"], code=2)
    itself = work.run("queue", "move", graft["id"], "--before", graft["id"], code=2)
    assert "before itself" in itself
    assert "no group 'big'" in work.run("queue", "pause", "big", code=2)
    assert "cannot be the name" in work.run("queue", "group", "a b", "--jobs", "1", code=2)
    assert "out of bounds" in work.run("rerun", graft["id"], "-p", "9999999", code=2)
    work.run("cancel", tuning["id"])
    assert "is cancelled, not queued" in work.run("queue", "hold", tuning["id"], code=2)
    assert (before["paused"], before["taken"]) == (True, {})
    assert work.json("queue")["waiting"] == []
