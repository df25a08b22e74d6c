"""`graftui compare --by`, on a made-up study."""

import csv
import io
import json
import statistics
from typing import Any

import pytest

from graftui.registry.query.grammar import parse_options
from graftui.registry.store import Store
from graftui.results import collecting
from graftui.results.collecting import Request
from graftui.show import groups
from graftui.terminal import Console
from tests.cli import study
from tests.cli.workplace import Workplace

FILM = ("compare", "--by", "task.name", "-f", "task.name=pocket-film")


@pytest.fixture
def films(work: Workplace) -> Workplace:
    study.films(work.path)
    return work


def collected(work: Workplace, *arguments: str) -> dict[tuple[str, float | None, str], Any]:
    """The groups by stage, sparsity and test set."""
    found = work.json(*arguments)
    place = ("stage", "sparsity", "split")
    return {tuple(g["key"][key] for key in place): g for g in found["groups"]}


def test_best_on_dev_over_seeds(films: Workplace) -> None:
    groups = collected(films, *FILM, "--best-on", "dev", "--over", "seeds")
    assert len(groups) == 6
    tuned = groups["finetuned", None, "test"]
    # Seed 13: 0.02 is better on dev. Seed 42: a tie, which the later run wins.
    values = [0.84, 0.86, 0.90]
    assert tuned["runs"] == ["a2", "b1", "c2"]
    assert tuned["scores"]["accuracy"] == {
        "mean": pytest.approx(statistics.mean(values)), "median": 0.86, "n": 3,
        "std": pytest.approx(statistics.stdev(values)),
    }  # fmt: skip
    assert (tuned["seeds"], tuned["trials"]) == (3, 5)  # though the grafts score them again
    assert tuned["chosen"] == {"train.lr": [[0.02, 2], [0.01, 1]]}
    assert tuned["flags"] == ["1 to 2 trials a seed"]
    graft = groups["learnt_graft", 1e-3, "test"]
    assert graft["scores"]["accuracy"]["mean"] == pytest.approx((0.80 + 0.82) / 2)
    assert graft["scores"]["weights"]["median"] == 812
    assert graft["flags"] == ["2 of 3 seeds", "1 to 2 trials a seed"]


def test_every_format_says_the_same(films: Workplace) -> None:
    groups = list(collected(films, *FILM).values())
    # Standard error comes after the table.
    rows = list(csv.DictReader(io.StringIO(films.run(*FILM, "--format", "csv").split("left")[0])))
    texts = {form: films.run(*FILM, "--format", form) for form in ("md", "latex", "table")}
    assert len(rows) == len(groups) == 6
    for group, row in zip(groups, rows, strict=True):
        one = group["scores"]["accuracy"]
        assert float(row["accuracy.mean"]) == one["mean"]
        assert float(row["accuracy.std"]) == one["std"]
        assert row["flags"] == "; ".join(group["flags"])
        assert row["runs"].split() == group["runs"]
        mean = f"{100 * one['mean']:.1f}", f"{100 * one['std']:.1f}"
        assert " ± ".join(mean) in texts["md"]
        assert " ± ".join(mean) in texts["table"]
        assert " $\\pm$ ".join(mean) in texts["latex"]
    for text in texts.values():
        assert text.count("2 of 3") >= 4
        assert "train.lr 0.02 (2), 0.01 (1)" in text
        assert "left out: 2 runs not finished" in text
    assert "\\toprule" in texts["latex"]
    assert "best on dev" in texts["md"]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits(films: Workplace, width: int) -> None:
    pairs = [("finetuned", s, None, study.of_class(0.7)) for s in ("dev", "test_mismatched")]
    study.add(films.path, "mm", "finetune", pairs, task__name="MNLI")
    films.run("ls")
    console = Console(width=width, file=io.StringIO(), record=True)
    with Store.open(films.path / "runs.db") as store:
        groups.show(collecting.collected(store, Request("task.name")), console)
    text = console.export_text()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text
    assert "86.7 ± 3.1" in text
    assert "train.lr 0.02 (2), 0.01 (1)" in text


def test_a_plot_follows_the_table(films: Workplace) -> None:
    text = films.run(*FILM, "--plot")
    assert "86.7 ± 3.1" in text
    assert "pocket-film, pocket:masked-lm: accuracy % of the grafted model" in text
    assert "● base patch" in text
    for refused in (("--json",), ("--format", "md"), ("-o", "plot.md")):
        assert "A plot goes to the screen" in films.run(*FILM, "--plot", *refused, code=2)
    assert "no graft is among" in films.run(*FILM, "--plot", "-f", "stage=finetuned", code=2)
    assert "A plot goes to" in films.run("compare", "a1", "b1", "--plot", "--json", code=2)


def test_a_plot_is_a_figure_in_a_file(films: Workplace) -> None:
    text = films.run(*FILM, "--plot", "-o", "sizes.svg")
    assert "86.7 ± 3.1" in text
    svg = (films.path / "sizes.svg").read_text()
    assert "base patch" in svg
    assert "share of the maskable weights" in svg
    assert "Add --plot" in films.run(*FILM, "-o", "sizes.pdf", code=2)
    for refused in (("--json",), ("--format", "md"), ("--raw",)):
        assert "no table" in films.run(*FILM, "--plot", "-o", "a.pdf", *refused, code=2)
    assert "--curves" in films.run("show", "a1", "-o", "a.pdf", code=2)
    assert "no name of a figure" in films.run("show", "a1", "--curves", "-o", "a.txt", code=2)
    assert "No curves yet" in films.run("show", "a1", "--curves", "-o", "a.pdf")


def test_a_pivot_has_a_score_by_two_keys(films: Workplace) -> None:
    asked = ("compare", "--rows", "task.name", "--cols", "stage", "-f", "task.name=pocket-film")
    text = films.run(*asked, "--value", "test.accuracy", "--over", "seeds")
    assert "86.7 ±" in text
    assert "(3)" in text
    made = films.json(*asked)
    assert made["rows"] == ["task.name"]
    assert made["cols"][0] == "stage"
    whole = collected(films, *FILM)
    means = {e["stage"]: e["mean"] for e in made["entries"] if e["stage"] == "finetuned"}
    assert means["finetuned"] == whole["finetuned", None, "test"]["scores"]["accuracy"]["mean"]
    assert "\\toprule" in films.run(*asked, "--format", "latex")
    films.run(*asked, "-o", "p.parquet")
    assert (films.path / "p.parquet").read_bytes().startswith(b"PAR1")
    assert "no text" in films.run(*asked, "--format", "parquet", code=2)
    assert "There is no key" in films.run("compare", "--rows", "tsk", "--cols", "stage", code=2)
    assert "nothing to compare" in films.run("compare", "--rows", "task.name", code=2)
    assert "--value: no run has" in films.run(*asked, "--value", "tset.f1", code=2)


def test_runs_are_side_by_side_over_seeds(films: Workplace) -> None:
    """Two runs of one seed each and of one setting else are one column."""
    names = ("a1", "a2", "b1")
    whole = films.json("compare", *names, "--over", "seeds")
    assert sorted(len(column["runs"]) for column in whole["columns"]) in ([1, 1, 1], [1, 2])
    rows = {row["name"]: row for row in whole["rows"]}
    assert "finetuned accuracy" in rows
    assert "task.k" not in rows
    assert "task.k" in films.run("compare", *names, "--over", "seeds", "--all")
    assert "task.k" in films.run("compare", *names, "--all")
    table = films.run("compare", *names, "--over", "seeds", "--format", "md")
    assert "**scores on the test sets**" in table
    assert "there is no setting" in films.run("compare", *names, "--over", "sead", code=2)
    against = films.run("compare", *names, "--against", "a1")
    assert "mean ± deviation" in against
    assert "scores on the test sets" in against
    alone = films.json("compare", *names, "--against", "a1")["rows"]
    assert {row["section"] for row in alone} >= {"accuracy"}
    assert "not among" in films.run("compare", "a1", "a2", "--against", "b1", code=2)


def test_filters_choose_stages_sparsities_and_runs(films: Workplace) -> None:
    assert list(collected(films, *FILM, "-f", "stage=finetuned")) == [("finetuned", None, "test")]
    only = collected(films, *FILM, "-f", "sparsity<=1e-4", "-f", "stage~graft")
    assert list(only) == [("learnt_graft", 1e-4, "test")]
    low = collected(films, *FILM, "-f", "train.lr=0.01", "-f", "kind=finetune")
    assert low["finetuned", None, "test"]["runs"] == ["a1", "b1", "c1"]
    assert low["finetuned", None, "test"]["flags"] == []


def test_a_filter_on_fine_tuning_chooses_its_grafts_too(films: Workplace) -> None:
    low = collected(films, *FILM, "-f", "train.lr=0.01")
    assert low["finetuned", None, "test"]["runs"] == ["a1", "b1", "c1"]
    assert low["learnt_graft", 1e-3, "test"]["runs"] == ["ga1", "gb1"]
    high = collected(films, *FILM, "-f", "train.lr>0.01", "-f", "kind=graft")
    assert high["learnt_graft", 1e-3, "test"]["runs"] == ["ga2"]


KEYS = ("stage", "sparsity", "graft.sparsity", "graft.localizer", "train.lr", "task.data_seed",
        "task", "model", "model.name", "split", "metric", "tags", "kind")  # fmt: skip


def test_a_filter_means_what_the_groups_by_its_key_mean(films: Workplace) -> None:
    """A value that a group has, asked for, leaves the groups with that value as they were."""
    told = study.grafted(1e-3, 0.9, 0.7)
    study.add(films.path, "f1", "graft", told, parent="a1", tags=("rival",), sparsity=1e-3,
              localizer="fisher", task__name="pocket-film", task__data_seed=13)  # fmt: skip
    films.run("ls")
    with Store.open(films.path / "runs.db") as store:
        for key in KEYS:
            whole = by_value(store, key)
            assert set(whole) - {"null"}, key
            for value in set(whole) - {"null"}:
                only = by_value(store, key, f"{key} = {value}")
                assert only.pop(value) == whole[value], key
                # Beside them, whole models, of which the setting had no part in the weights.
                stages = {dict(group)["stage"] for others in only.values() for group, _ in others}
                assert stages <= {"pretrained", "finetuned"}, key


def by_value(store: Store, key: str, *filters: str) -> dict[str, list[Any]]:
    """The groups by each value of a key; without the runs where several score the same weights."""
    groups = collecting.collected(
        store, Request(key, parse_options(("kind=graft", *filters)))
    ).groups
    sorted_out: dict[str, list[Any]] = {}
    for group in groups:
        runs = group.runs if group.key["stage"] == "learnt_graft" else ()
        sorted_out.setdefault(json.dumps(group.key[key]), []).append((group.key, runs))
    return sorted_out


def test_a_query_may_ask_of_a_trial_or_of_its_run(films: Workplace) -> None:
    query = "(stage=finetuned and train.lr > 0.01) or (stage=learnt_graft and sparsity < 1e-3)"
    groups = collected(films, *FILM, "-f", query)
    assert set(groups) == {("finetuned", None, "test"), ("learnt_graft", 1e-4, "test")}
    assert groups["finetuned", None, "test"]["runs"] == ["a2", "c2"]
    none = collected(films, *FILM, "-f", "not stage ~ graft and stage != base_patch")
    assert {stage for stage, _, _ in none} == {"pretrained", "finetuned"}


def test_a_grafts_settings_hold_those_of_its_fine_tuning(films: Workplace) -> None:
    grafts = ("-f", "kind=graft", "-f", "stage=learnt_graft", "-f", "sparsity=1e-3")
    found = films.json("compare", "--by", "train.lr", *grafts)["groups"]
    assert [(g["key"]["train.lr"], g["runs"]) for g in found] == [
        (0.01, ["ga1", "gb1"]),
        (0.02, ["ga2"]),
    ]
    assert found[1]["flags"] == ["1 of 2 seeds"]


def test_tasks_with_other_metrics_and_test_sets(work: Workplace) -> None:
    regression = {"pearson": 0.8, "spearman": 0.7, "loss": 0.2}
    mismatched = [("finetuned", s, None, study.of_class(0.7)) for s in ("dev", "test", "test_mm")]
    for seed in (13, 21):
        told = [("finetuned", split, None, regression) for split in ("dev", "test")]
        add: dict[str, Any] = {"kind": "finetune", "task__data_seed": seed}
        study.add(work.path, f"s{seed}", told=told, task__name="own-regression", **add)
        study.add(work.path, f"m{seed}", told=mismatched, task__name="own-pairs", **add)
        paired = [
            ("finetuned", split, None, study.of_class(0.6, f1=0.9)) for split in ("dev", "test")
        ]
        study.add(work.path, f"q{seed}", told=paired, task__name="own-f1", **add)
    found = work.json("compare", "--by", "task.name")["groups"]
    assert [(g["key"]["task.name"], g["key"]["split"], g["metric"]) for g in found] == [
        ("own-f1", "test", "f1"), ("own-pairs", "test", "accuracy"),
        ("own-pairs", "test_mm", "accuracy"), ("own-regression", "test", "pearson"),
    ]  # fmt: skip
    assert found[3]["scores"]["spearman"]["mean"] == 0.7
    assert set(found[0]["scores"]) == {"f1", "accuracy", "loss", "ece"}
    table = work.run("compare", "--by", "task.name", "--scores", "spearman,loss")
    assert "70.0 ± 0.0" in table
    assert "0.200 ± 0.000" in table
    assert "Pearson %" in work.run("show", "s13")
    assert "test_mm" in work.run("show", "m13")
    assert "F1 %" in work.run("show", "q13")


def test_a_graft_that_is_not_learnt(work: Workplace) -> None:
    told = [t for t in study.grafted(1e-3, 0.8, 0.7) if t[0] == "base_patch"]
    summary = {"finetuned": 0.8, "base_patch": 0.6, "recovery": 0.75}
    study.add(work.path, "gg", "graft", told, summary=summary, learn=False)
    assert "60.0" in work.run("ls")
    assert "base patch" in work.run("show", "gg")
    assert list(collected(work, "compare", "--by", "kind")) == [("base_patch", 1e-3, "test")]


def test_files(films: Workplace) -> None:
    assert "wrote 6 rows to t.tex" in films.run(*FILM, "-o", "t.tex")
    assert (films.path / "t.tex").read_text().count("\\\\\n") == 7
    films.run(*FILM, "-o", "t.json")
    assert json.loads((films.path / "t.json").read_text()) == films.json(*FILM)
    films.run("export", "-f", "kind=graft", "-o", "runs.tex")
    assert "\\begin{tabular}{llll" in (films.path / "runs.tex").read_text()
    films.run("export", "-f", "name=study-ga1", "-o", "runs.csv")
    row = next(csv.DictReader((films.path / "runs.csv").open()))
    assert (row["learnt_graft.weights"], row["learnt_graft.added"]) == ("81", "5")
    assert row["finetuned.dev.accuracy"] == "0.9"
    assert ".dev." not in films.run("export", "--format", "md")


WRONG = [
    ("compare --by task.nam", "Did you mean task.name?"),
    ("compare --by ,", "names no key"),
    ("compare --by stage --over train.sed", "train.seed"),
    ("compare --by stage --best-on valid", "on valid"),
    ("compare --by stage --scores bleu", "no run has a score 'bleu'"),
    ("compare --by stage --metric bleu", "no bleu on test"),
    ("compare --by stage --metric bleu", "--metric may be accuracy"),
    ("compare --by stage --best-on valid", "--best-on may be dev, test"),
    ("compare --by stage -f name=nobody", "no finished run meets the filters"),
    ("compare --by stage -f status=finishd", "finished"),
    ("compare --by stage -f sparsity>big", "compares numbers"),
    ("compare --by stage,colour", "no key 'colour' to filter, group or sort by. stage,colour ^^^^"),
    ("compare --by stage -f stage=>x", "no operator. stage=>x ^^"),
    ("compare --by stage ga1", "no ids"),
    ("compare -f kind=graft", "--by"),
    ("compare", "--by"),
    ("compare --by stage --format table -o x.txt", "csv"),
    ("compare --by stage -o no/where/x.csv", "there is no folder no/where"),
]


def test_what_is_wrong_is_said(films: Workplace) -> None:
    for typed, says in WRONG:
        out = " ".join(films.run(*typed.split(), code=2).split())
        assert says in out, typed
        assert "Traceback" not in out
