"""tag, note, rename, and rm, cancel, rerun by filter; in this process, on made-up runs."""

import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.contract.config import parse
from engine.contract.layout import RunDir
from graftui import settings as knobs
from graftui.cli import app
from graftui.cli.commands import choosing, running
from graftui.errors import GraftuiError, UsageError
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.submit import Plan, submit
from tests.cli import study
from tests.each import each

Said = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a fine-tuning `ft`, its grafts `g1` and `g2`, and `other`."""
    monkeypatch.chdir(tmp_path)
    shared: dict[str, Any] = {"task__name": "pocket-film"}
    study.add(tmp_path, "ft", "finetune", study.tuned(0.9, 0.8), train__lr=0.02, **shared)
    for id, localizer in (("g1", "learnt"), ("g2", "fisher")):
        study.add(tmp_path, id, "graft", study.grafted(1e-3, 0.9, 0.7), parent="ft",
                  tags=("study", f"of-{localizer}"), localizer=localizer,
                  summary={"learnt_graft": 0.7}, **shared)  # fmt: skip
    study.add(tmp_path, "other", "finetune", study.tuned(0.7, 0.6), tags=(), ends=False)
    return tmp_path


@pytest.fixture
def said(here: Path) -> Said:
    """What `graftui WORDS` prints. A refusal is raised as it is."""

    def run(*words: str, typed: str = "", code: int = 0) -> str:
        done = CliRunner().invoke(app, words, input=typed)
        if isinstance(done.exception, GraftuiError):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    return run


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that a verb queues; nothing is started."""
    plans: list[Plan] = []
    monkeypatch.setattr(running, "go", lambda settings, made, *_: plans.extend(made))
    return plans


def card(here: Path, id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RunDir(here / "data" / "runs" / id).card.read_text())
    return found


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    there = types.SimpleNamespace(stdin=types.SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(choosing, "sys", there)


def rows(here: Path) -> dict[str, Run]:
    with Store.open(here / "runs.db") as store:
        return {run.id: run for run in store.list()}


def test_tags_are_added_and_taken_away(here: Path, said: Said) -> None:
    said("tag", "g1", "g2", "+paper", "-study", "+paper")
    assert card(here, "g1")["tags"] == ["of-learnt", "paper"]
    assert card(here, "g2")["tags"] == ["of-fisher", "paper"]
    assert card(here, "ft")["tags"] == ["study"]
    (here / "runs.db").unlink()  # the folder is the truth
    assert "g1" in said("ls", "-f", "tag=paper")
    assert rows(here)["g2"].tags == ("of-fisher", "paper")


def test_words_that_look_like_options_are_tags(here: Path, said: Said) -> None:
    for tag in ("fast", "yes", "hot", "f"):
        said("tag", "ft", f"+{tag}")
    said("tag", "ft", "-fast", "-yes", "-hot", "--", "-f")
    assert card(here, "ft")["tags"] == ["study"]
    said("tag", "-f", "kind=graft", "-y", "-study")
    assert [card(here, id)["tags"] for id in ("g1", "ft")] == [["of-learnt"], ["study"]]


@each(
    ("words", "says"),
    [
        ("tag g1", "No tag is given"),
        ("tag +x", "Which runs?"),
        ("tag g1 +", "no name"),
        ("tag g1 +x -x", "undo each other"),
        ("tag g1 g2 -nope", "none of these runs has a tag 'nope'"),
        ("tag g1 nobody +x", "no run 'nobody'"),
        ("tag g1 +x -f colour=red", "no key 'colour'"),
        ("tag -f kind=graft +x", "no terminal"),
        ("note nobody text", "no run 'nobody'"),
        ("rename g1 ''", "needs a name"),
        ("rm", "Which runs?"),
        ("cancel", "Which runs?"),
        ("rerun", "Which runs?"),
        ("rm -f kind=graft", "no terminal"),
        ("rerun -f kind=graft", "no terminal"),
        ("rerun g1 --set graft.stepz=1", "no such setting"),
    ],
)
def test_what_is_wrong_changes_nothing(
    here: Path, said: Said, queued: list[Plan], words: str, says: str
) -> None:
    said("ls")
    before = rows(here)
    with pytest.raises(UsageError) as caught:
        said(*words.replace("''", "").split(" "))
    assert says.lower() in f"{caught.value.message} {caught.value.hint}".lower()
    assert caught.value.hint
    assert rows(here) == before
    assert queued == []


def test_a_note_and_a_name_are_kept_searched_and_shown(here: Path, said: Said) -> None:
    said("note", "g1", "good", "[b]but[/b]", "few")
    said("rename", "g2", "[/x] base")
    assert card(here, "g1")["note"] == "good [b]but[/b] few"
    (here / "runs.db").unlink()
    assert "g1" in said("ls", "--search", "few")
    assert "g1" in said("ls", "--search", "g1")
    assert "good [b]but[/b] few" in said("show", "g1")
    assert "[/x] base" in said("ls", "--search", "base")
    said("note", "g1", "")
    assert card(here, "g1")["note"] == ""
    assert card(here, "g1")["tags"] == ["study", "of-learnt"]


def test_rm_names_what_needs_it_and_asks(
    here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="There is no terminal"):
        said("rm", "ft")
    at_a_terminal(monkeypatch)
    kept = said("rm", "ft", typed="n\n")
    for run in ("g1 (study-g1)", "g2 (study-g2)"):
        assert run in kept
    assert "1 run: delete" in kept
    assert "nothing was done" in kept
    said("rm", "ft", typed="", code=130)  # as Ctrl-C
    assert set(rows(here)) == {"ft", "g1", "g2", "other"}
    gone = said("rm", "-y", "ft")
    assert "g1 (study-g1)" in gone
    assert "deleted ft" in gone
    assert "made from" not in said("rm", "-y", "g1")


def test_every_verb_takes_the_same_query(
    here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ("-f", "(tag in (of-learnt, study) or film) and kind = graft and not tag=of-fisher")
    said("ls")
    at_a_terminal(monkeypatch)
    assert [run["id"] for run in json.loads(said("ls", *query, "--json"))] == ["g1"]
    assert "\ng1," in said("export", *query)
    assert "1 run: tag +x?" in said("tag", *query, "+x", typed="n\n")
    assert "1 run: delete" in said("rm", *query, typed="n\n")
    assert "no run that is queued or at work" in said("cancel", *query)
    assert "graft as in g1 " in said("rerun", *query, typed="n\n")
    for verb in (("ls",), ("export",), ("rm",), ("cancel",), ("rerun",), ("tag", "+x")):
        with pytest.raises(UsageError) as caught:
            said(*verb, "-f", "kind=graft and (tag=a")
        assert caught.value.excerpt == "  kind=graft and (tag=a\n                 ^"
    assert set(rows(here)) == {"ft", "g1", "g2", "other"}


def test_rm_by_filter_counts_first(here: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch)
    assert "2 runs: delete" in said("rm", "-f", "kind = graft", typed="n\n")
    assert "no run meets this" in said("rm", "-f", "name=nobody")
    assert "1 run" in said("rm", "g1", "ft", "-f", "kind=graft", "-y"), "of those named"
    assert set(rows(here)) == {"ft", "g2", "other"}
    said("rm", "-f", "graft < 71", "-f", "graft > 69", "-y")
    assert set(rows(here)) == {"ft", "other"}


def test_cancel_by_filter_takes_what_has_something_to_do(here: Path, said: Said) -> None:
    said("ls")
    config = parse({"kind": "finetune"})
    graft = parse({"kind": "graft"})
    submit(
        knobs.at(here),
        [Plan("new", "finetune", config), Plan("new", "graft", graft, inputs={"finetuned": [0]})],
    )
    assert "no run that is queued or at work" in said("cancel", "-f", "tag=study", "-y")
    ended = said("cancel", "-f", "created > 2026-01-01", "-f", "name=new", "-y")
    assert ended.count("cancelled before it started") == 2
    assert {run.status for run in rows(here).values()} == {"finished", "failed", "cancelled"}


def test_rerun_fine_tunes_again_what_was_deleted(
    here: Path, said: Said, queued: list[Plan]
) -> None:
    said("rm", "-y", "ft")
    out = said("rerun", "g1", "g2")
    assert "unchanged" in out
    assert [plan.kind for plan in queued] == ["finetune", "graft", "graft"], "one serves both"
    assert [plan.inputs for plan in queued] == [{}, {"finetuned": [0]}, {"finetuned": [0]}]
    assert queued[0].config.train.lr == 0.02  # type: ignore[attr-defined]
    assert queued[2].config.localizer == "fisher"  # type: ignore[attr-defined]
    said("save", "g1", "kept")
    assert "lr = 0.02" in said("recipes", "kept")


def test_rerun_of_a_graft_whose_origin_nobody_knows(here: Path, said: Said) -> None:
    said("rm", "-y", "ft")
    RunDir(here / "data" / "runs" / "g1").origin("finetuned").unlink()
    config = RunDir(here / "data" / "runs" / "g1").config
    raw = json.loads(config.read_text())
    raw["finetuned"] = {"path": "data/runs/ft/checkpoint", "config_hash": "0123456789abcdef"}
    config.write_text(json.dumps(raw))
    (here / "runs.db").unlink()
    with pytest.raises(
        UsageError, match=r"made from run ft \(finetuned\), which is deleted"
    ) as caught:
        said("rerun", "g1")
    assert "finetuned.path" in caught.value.hint
    assert "model.name" not in caught.value.message


def test_name_and_tags_of_a_rerun(here: Path, said: Said, queued: list[Plan]) -> None:
    def labels(*words: str) -> tuple[str, tuple[str, ...]]:
        queued.clear()
        said("rerun", "g1", *words)
        return queued[-1].name, queued[-1].tags

    changed = ("--set", "graft.steps=7")
    assert labels() == ("study-g1", ("study", "of-learnt")), "the same again is called the same"
    assert labels(*changed) == ("graft", ())
    assert labels(*changed, "--keep") == ("study-g1", ("study", "of-learnt"))
    assert labels(*changed, "--name", "seven", "--tag", "a") == ("seven", ("a",))
    assert labels(*changed, "--keep", "--tag", "a") == ("study-g1", ("study", "of-learnt", "a"))
    out = said("rerun", "g1", *changed)
    assert "name: study-g1 -> graft" in out
    assert "without its tags study, of-learnt" in out


def test_a_changed_run_is_called_as_its_recipe(here: Path, said: Said, queued: list[Plan]) -> None:
    place = RunDir(here / "data" / "runs" / "other")
    place.card.write_text(json.dumps(card(here, "other") | {"recipe": "sst2", "name": "lr-9"}))
    said("rerun", "other", "--set", "train.lr=0.5")
    assert queued[-1].name == "sst2"
    said("rerun", "other")
    assert queued[-1].name == "lr-9"


def test_a_checkpoint_of_its_own_has_not_the_hash_of_the_old_fine_tuning(
    here: Path, said: Said, queued: list[Plan]
) -> None:
    config = RunDir(here / "data" / "runs" / "g1").config
    raw = json.loads(config.read_text())
    raw["finetuned"] = {"path": "data/runs/ft/checkpoint", "config_hash": "0123456789abcdef"}
    config.write_text(json.dumps(raw))
    (here / "mine").mkdir()
    (here / "mine" / "config.json").write_text("{}")
    said("rerun", "g1", "--set", "finetuned.path=mine")
    (plan,) = queued
    assert plan.config.finetuned.path == "mine"  # type: ignore[attr-defined]
    assert plan.config.finetuned.config_hash == ""  # type: ignore[attr-defined]


def test_what_no_card_may_hold_is_refused(here: Path, said: Said) -> None:
    long = "x" * 20_001
    for words in (("rename", "g1", long), ("note", "g1", long), ("tag", "g1", f"+{long}")):
        with pytest.raises(UsageError, match="more than 20,000"):
            said(*words)
    assert card(here, "g1")["name"] == "study-g1"
    said("rename", "g1", long[1:])
    (here / "runs.db").unlink()
    said("ls")
    assert rows(here)["g1"].name == long[1:]
