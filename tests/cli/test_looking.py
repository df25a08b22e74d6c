"""ls, show, logs, compare, export, save, recipes, rm, doctor."""

import csv
import io
import json
import re
import sqlite3

import pytest

from graftui.cli import results, runs
from tests.cli.workplace import Workplace, typed


def test_every_verb_has_help_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Exit codes" in typed(monkeypatch, ["--help"])
    for verb, example in {**runs.VERBS, **results.VERBS}.items():
        assert example in " ".join(typed(monkeypatch, [verb.__name__, "--help"]).split())


def test_ls_filters_and_sorts(seen: Workplace) -> None:
    assert [r["kind"] for r in seen.json("ls", "-f", "kind=graft", "-f", "graft.sparsity>=0.01")]
    names = [r["name"] for r in seen.json("ls", "--sort", "name", "-f", "kind=graft")]
    assert names == ["both", "other"]
    assert "no run meets this" in seen.run("ls", "-f", "status=lost")
    assert len(seen.json("ls", "--limit", "1")) == 1
    assert "1 of 3 runs" in seen.run("ls", "--limit", "1")


def test_when_and_not_how_long_ago(seen: Workplace) -> None:
    assert " ago" in seen.run("show", "other")
    shown = seen.run("show", "other", "--times", "absolute")
    assert " ago" not in shown
    assert re.search(r"ended +\d\d:\d\d|ended +\d\d\d\d-\d\d-\d\d", shown)
    assert "should be relative or absolute" in seen.run("ls", "--times", "soon", code=2)


def test_show_and_logs(seen: Workplace) -> None:
    shown = seen.json("show", "other")
    assert shown["config"]["sparsity"] == 0.01
    assert shown["scores"][0]["scores"] == {"accuracy": 0.75}
    assert "graft.sparsity" in seen.run("show", "other")
    log = seen.run("logs", "other", "-f")
    assert "fine" in log
    assert "finished after" in log


def test_compare_shows_only_what_differs(seen: Workplace) -> None:
    found = seen.json("compare", "both", "other")
    assert found["settings"] == {"graft.sparsity": [0.001, 0.01], "graft.steps": [3, 50]}
    assert found["scores"] == {"finetuned accuracy": [0.75, 0.75]}
    assert "task.k" not in seen.run("compare", "both", "other")


def test_export_says_the_same_in_every_format(seen: Workplace) -> None:
    as_json = json.loads(seen.run("export", "--format", "json"))
    as_csv = list(csv.DictReader(io.StringIO(seen.run("export"))))
    assert [row["id"] for row in as_csv] == [row["id"] for row in as_json]
    for text, value in zip(as_csv, as_json, strict=True):
        assert float(text["finetuned.accuracy"]) == value["finetuned.accuracy"] == 0.75
        assert text["graft.sparsity"] == str(value.get("graft.sparsity", ""))
    table = seen.run("export", "--format", "md", "--runs", "both,other").splitlines()
    assert table[0].startswith("| id | name |")
    assert len(table) == 4
    assert "graft.steps" in table[0]
    assert "task.k" not in table[0]


def test_export_to_a_file(seen: Workplace) -> None:
    seen.run("export", "-o", "out.csv", "-f", "name=other")
    assert len((seen.path / "out.csv").read_text().splitlines()) == 2
    assert "The disk is full" in seen.run("export", "-o", "/dev/full", code=5)
    assert seen.run("export", "-o", "no/such/folder/x.csv", code=2)


def test_a_saved_recipe_runs_the_same_configs(done: Workplace) -> None:
    done.run("save", "other", "keep")
    listed = {recipe["name"]: recipe for recipe in done.json("recipes")}
    assert (listed["keep"]["source"], listed["keep"]["problem"]) == ("saved", "")
    assert listed["keep"]["path"] == str(done.path / "recipes" / "keep.toml")
    assert listed["keep"]["parts"] == ["finetune", "graft"]
    assert "--replace" in done.run("save", "last", "keep", code=2)
    assert "ships" in done.run("save", "last", "pocket", code=2)
    assert "no name" in done.run("save", "last", "../evil", code=2)
    before = done.json("show", "other")["config_hash"]
    done.run("run", "keep")
    again, *_ = done.json("ls")
    assert (again["name"], again["config_hash"]) == ("keep", before)


def test_recipes_that_an_earlier_graftui_saved_are_files_and_told_once(work: Workplace) -> None:
    work.run("ls")
    with sqlite3.connect(work.path / "runs.db") as db:
        db.execute("INSERT INTO recipes VALUES ('old', '[finetune]\n', 1.0)")
    assert "files now: recipes/old.toml" in work.run("recipes")
    assert (work.path / "recipes" / "old.toml").read_text() == "[finetune]\n"
    again = work.run("recipes")
    assert "files now" not in again
    assert "recipes/old.toml" in again


def test_a_run_whose_settings_are_not_all_known_is_not_saved(work: Workplace) -> None:
    folder = work.path / "data" / "runs" / "abcdef"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"kind": "finetune", "train": {"unheard_of": 1}}')
    assert "unheard_of" in work.run("save", "abcdef", "keep", code=2)
    assert not (work.path / "recipes").exists()
    (work.path / "recipes").mkdir()
    (work.path / "recipes" / "torn.toml").write_bytes(b"\xff")
    assert "torn.toml is not UTF-8" in work.run("recipes")
    assert "invalid start byte" in work.run("run", "torn", code=2)


def test_rm_asks_and_deletes(done: Workplace) -> None:
    run_id = done.json("show", "other")["id"]
    assert "--yes" in done.run("rm", run_id, code=2)  # there is no terminal to ask at
    assert (done.path / "data" / "runs" / run_id).exists()
    done.run("rm", "--yes", run_id)
    assert not (done.path / "data" / "runs" / run_id).exists()
    assert "There is no run" in done.run("show", run_id, code=2)


def test_doctor_finds_and_mends_a_broken_registry(done: Workplace) -> None:
    assert all(check["ok"] for check in done.json("doctor"))
    before = done.json("ls")
    for end in ("-wal", "-shm"):
        (done.path / f"runs.db{end}").unlink(missing_ok=True)
    (done.path / "runs.db").write_bytes(b"this is no database" * 1000)
    assert "doctor --rebuild" in done.run("ls", code=5)
    assert "--rebuild" in done.run("doctor", code=5)
    done.run("doctor", "--rebuild")
    assert [(r["id"], r["status"]) for r in done.json("ls")] == [
        (r["id"], r["status"]) for r in before
    ]


BAD_INPUT = [
    ("run nope", 2, "no recipe 'nope'"),
    ("run nope.toml", 2, "nope.toml"),
    ("run both.toml --set train.lrr=1", 2, "Did you mean train.lr?"),
    ("run both.toml --set train.lr", 2, "setting=value"),
    ("run both.toml --set lr=1", 2, "no such setting"),
    ("run both.toml --set train.seed=99999999999999999999", 2, "train.seed"),
    ("run both.toml --set finetuned.path=/x", 2, "it is made from"),
    ("run both.toml --set train.lr=1 --set train.lr=2", 2, "--set train.lr is given twice"),
    ("run both.toml --set task.k=9999", 2, "task.k = 9999"),
    ("run both.toml --set compute.device=cuda:99", 2, "compute.device = cuda:99"),
    ("run pocket --set freeze.layers=9", 2, "freeze.layers = 9"),
    ("run pocket --set task.label_words.0=wobbly", 2, "label word 'wobbly'"),
    ("run pocket --set task.type=autoregressive", 2, "masked LM"),
    ("run alone.toml", 2, "finetuned.path is empty"),
    ("ls -n -3", 2, "greater than or equal"),
    ("run both.toml --set train.lr=fast", 2, "train.lr=fast: should be a valid number"),
    ("run both.toml --set train.optimizer=adam", 2, "sgd, adamw"),
    ("run both.toml --set task.name=SST2", 2, "Did you mean SST-2?"),
    ("run both.toml --set model.name=./nowhere", 2, "./nowhere"),
    ("run both.toml --set model.name=pocket:big", 2, "pocket:masked-lm"),
    ("run both.toml --set task.data=/nowhere", 2, "/nowhere"),
    ("run both.toml --set graft.sparsity=2.0", 2, "graft.sparsity"),
    ("show nothing", 2, "no run 'nothing'"),
    ("ls --filter status=>failed", 2, "is no operator. status=>failed ^^"),
    ("ls --filter colour=red", 2, "colour"),
    ("ls --sort colour", 2, "colour"),
    ("export --format xml", 2, "csv"),
    ("compare", 2, "ID"),
]


@pytest.mark.parametrize(("typed", "code", "says"), BAD_INPUT)
def test_bad_input(work: Workplace, typed: str, code: int, says: str) -> None:
    (work.path / "alone.toml").write_text("[graft]\nsparsity = 1e-3\n")
    out = work.run(*typed.split(), code=code)
    assert says in " ".join(out.split())
    assert "Traceback" not in out
    assert work.json("ls") == [], "nothing was queued"


def test_no_permission(work: Workplace) -> None:
    work.env["GRAFTUI_DATA"] = "/sys/graftui"  # refused to root as well
    out = work.run("run", "both.toml", code=5)
    assert "/sys/graftui" in out
    del work.env["GRAFTUI_DATA"]
    assert work.json("ls") == []


BAD_RECIPES = [
    ("[finetune\n", "not TOML"),
    ("x = 1\n", "outside of a part"),
    ("[tune]\n", "no known kind"),
    ('[graft]\nof = "finetune"\n', "cannot be made from"),
    ("[finetune]\ntrain.lr = -1\n", "train.lr"),
    ("[finetune]\ntrian.lr = 1\n", "trian"),
    ("", "nothing to run"),
]


@pytest.mark.parametrize(("text", "says"), BAD_RECIPES)
def test_bad_recipes(work: Workplace, text: str, says: str) -> None:
    (work.path / "bad.toml").write_text(text)
    out = work.run("run", "bad.toml", code=2)
    assert says in " ".join(out.split())
