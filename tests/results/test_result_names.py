"""A graft is called by its localizer, and has the weights that it has beside those asked for."""

import csv
import io
from dataclasses import replace

from engine.contract.localizers import localizers
from graftui.measured import Score
from graftui.models import Run
from graftui.results import groups
from graftui.results.export import runs
from graftui.results.export.groups import to_latex
from graftui.results.figures import compared, stage_title
from graftui.results.groups import Collected
from graftui.results.over_seeds import collect
from graftui.results.run_charts import over_sizes
from graftui.results.score_table import score_table
from graftui.results.side_by_side import compare, flat
from graftui.results.trials import Choice, Entry, trials
from tests.each import each


def graft(id: str, localizer: str, **config: object) -> Run:
    whole = {"kind": "graft", "localizer": localizer, "sparsity": 1e-3, "sparsities": [], **config}
    whole["base_patch"] = "movement"
    return Run(id=id, name=id, kind="graft", config=whole, config_hash="", created_at=0.0)


def told(localizer: str, sparsity: float = 1e-3, weights: float = 681.0) -> list[Score]:
    size = {"weights": weights, "fraction": weights / 335_520}
    return [
        Score(stage, split, {"sparsity": sparsity}, {"accuracy": 0.9, **size}, localizer)
        for stage in ("base_patch", "learnt_graft")
        for split in ("dev", "test")
    ]


def test_labels_of_a_stage_are_words_in_every_table() -> None:
    scores = [
        Score("interpolated", "test", {"alpha": alpha}, {"accuracy": 0.9}) for alpha in (0.25, 0.5)
    ]
    run = replace(graft("a", "learnt"), kind="evaluate", config={"kind": "evaluate"})
    names = ["interpolated at alpha 0.25", "interpolated at alpha 0.5"]
    assert [row[0] for row in score_table(scores, 200).rows] == names
    side = compare([run], {"a": scores})
    assert side.titles["interpolated[alpha=0.5] accuracy"] == f"{names[1]} accuracy"
    assert f"{names[1]} accuracy" in runs.to_markdown([run], {"a": scores})
    assert stage_title("film/region[draw=3,of=a b]", "") == "film region at draw 3, of a b"
    assert stage_title("unheard[x=1]", "") == "unheard[x=1]"


def collected(*localizers: str, by: tuple[str, ...] = ("stage",)) -> Collected:
    entries = [Entry(graft(name, name), told(name)) for name in localizers]
    found, _ = trials(entries, Choice())
    return Collected(by, ("graft.seed",), "dev", collect(found, by, ("graft.seed",)))


@each("localizer", localizers())
def test_tables_call_a_graft_by_its_localizer(localizer: str) -> None:
    name, scores = f"{localizer} graft", told(localizer)
    table = score_table(scores, 200)
    assert [row[0] for row in table.rows] == ["base patch", name]
    assert table.stages == ("base_patch", "learnt_graft"), "stored values stay"
    side = compare([graft("a", localizer)], {"a": scores})
    assert side.titles["learnt_graft accuracy"] == f"{name} accuracy"
    assert side.titles["base_patch accuracy"] == "base patch accuracy"
    for latex in (
        to_latex(collected(localizer)),
        runs.to_latex([graft("a", localizer)], {"a": scores}),
    ):
        assert name in latex
        assert "base patch" in latex
    two = [*scores, *told(localizer, 1e-2, 3000.0)]
    drawn = over_sizes(two)
    assert drawn
    assert [curve.label for curve in drawn.curves] == ["base patch", name]


def test_where_localizers_differ_none_gives_the_name() -> None:
    both = {"a": told("fisher"), "b": told("learnt")}
    side = compare([graft("a", "fisher"), graft("b", "learnt")], both)
    assert side.titles["learnt_graft accuracy"] == "graft accuracy"
    assert side.settings["graft.localizer"] == ("fisher", "learnt")
    # One seed of each: dev chooses one of the two, and it gives the name.
    titles = {group.title for group in collected("fisher", "learnt").groups}
    assert titles in ({"base patch", "fisher graft"}, {"base patch", "learnt graft"})
    apart = collected("fisher", "learnt", by=("stage", "graft.localizer"))
    assert {"fisher graft", "learnt graft"} <= {group.title for group in apart.groups}


def test_the_weights_of_a_graft_stand_beside_the_sparsity_asked_for() -> None:
    scores = told("learnt")
    table = score_table(scores, 60)
    place = table.titles.index("sparsity")
    assert table.titles[place + 1] == "weights"
    assert table.rows[1][place : place + 2] == ("0.001", "681")
    names = list(compare([graft("a", "learnt")], {"a": scores}).scores)
    place = names.index("learnt_graft sparsity")
    assert names[place + 1] == "learnt_graft weights"
    titles, rows = groups.table(collected("learnt"))
    place = titles.index("sparsity")
    assert titles[place + 1] == "weights"
    assert {tuple(row[place : place + 2]) for row in rows} == {("0.001", "681")}
    row = next(csv.reader(io.StringIO(runs.to_csv([graft("a", "learnt")], {"a": scores}))))
    place = row.index("sparsity")
    assert {"base_patch.weights", "learnt_graft.weights"} <= set(row[place + 1 : place + 5])
    latex = runs.to_latex([graft("a", "learnt")], {"a": scores})
    assert "sparsity" in latex
    assert "681" in latex


def test_a_count_is_a_count() -> None:
    scores = told("learnt", 1_234_567.0, 1_234_567.0)
    assert score_table(scores, 200).rows[0][1:3] == ("1,234,567", "1,234,567")


def test_the_sparsity_that_a_curve_does_not_use_is_not_shown() -> None:
    curve, single = graft("a", "learnt", sparsities=[1e-3, 1e-2]), graft("b", "learnt")
    assert "graft.sparsity" not in flat(curve.config, "graft")
    assert flat(single.config, "graft")["graft.sparsity"] == 1e-3
    other = replace(curve, config={**curve.config, "sparsity": 0.5})
    assert compare([curve, other], {}).settings == {}
    row = runs.rows([curve], {})[0]
    assert "graft.sparsity" not in row


def test_figures_of_a_comparison() -> None:
    assert compared("learnt_graft weights", 1_234_567.0) == "1,234,567"
    assert compared("base_patch sparsity", 1_234_567.0) == "1,234,567"
    assert compared("base_patch sparsity", 1e-4) == "0.0001"
    assert compared("finetuned test_mm accuracy", 0.934) == "93.4"
    assert compared("finetuned accuracy", None) == ""


def test_a_count_of_weights_reads_as_a_count_where_it_is_a_key() -> None:
    entries = [Entry(graft("a", "movement", sparsity=4253), told("movement", 4253.0))]
    by = ("graft.sparsity",)
    made, _ = trials(entries, Choice())
    told_by = Collected(by, (), "dev", collect(made, by, ()))
    assert {groups.key_cell("graft.sparsity", each) for each in told_by.groups} == {"4,253"}
