"""Why two runs differ: each cause is told in its group, what nobody noted is none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.models import Attempt, Input, Run
from graftui.registry import attempts
from graftui.registry.ingest import ingest
from graftui.registry.provenance import all_recorded, recorded
from graftui.registry.store import Store
from graftui.results.explained import Explained, explained
from graftui.results.provenance import told
from graftui.settings import Settings, at
from tests.each import each
from tests.registry.registry_rows import make, place

NOTED: dict[str, dict[str, Any]] = {
    "code": {
        "engine": "e" * 32, "graftui.commit": "a" * 40, "graftui.digest": None,
        "graftui.changes": None, "graftui.cut": False, "folder.commit": None,
    },
    "packages": {"python": "3.11.7", "torch": "2.13.0"},
    "data": {"model.commit": None, "rows.train": "1" * 32},
    "random": {"deterministic kernels": "where there are"},
    "hardware": {"host": "box", "device": "CPU", "threads": 2, "memory_bytes": 5},
    "environment": {"OMP_NUM_THREADS": "2", "SLURM_JOB_ID": "1"},
}  # fmt: skip


class Lab:
    """A registry and run folders, filled with runs that are alike but for what a test says."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store

    def run(
        self,
        noted: dict[str, dict[str, Any]] | None = NOTED,
        files: dict[str, str] | None = {},  # noqa: B006
        accuracy: float | None = 0.75,
        **fields: Any,
    ) -> Run:
        """A run with one attempt; `noted` None: of an older graftui."""
        run = make(folder=self.settings.folder, **fields)
        run_dir = place(self.settings.runs, run)
        self.store.add([run])
        with self.store.write() as db:
            attempts.add(db, Attempt(run=run.id, n=1, pid=7, host="box"))
        if noted is not None:
            run_dir.attempts.mkdir()
            run_dir.provenance(1).write_text(json.dumps({"v": 1, "at": 1.0, **noted}))
        if files is not None:
            run_dir.digests.write_text(json.dumps(files))
        versions = {"python": "3.11.7", "torch": "2.13.0"}
        happened: list[ev.Event] = [
            ev.Started(pid=7, host="box", device="CPU", config_hash="", versions=versions)
        ]
        if accuracy is not None:
            scores = {"accuracy": accuracy, "loss": 0.5, "ece": float("nan")}
            happened.append(ev.Evaluated(stage="finetuned", split="test", scores=scores))
        run_dir.events.write_bytes(b"".join(map(ev.dumps, happened)))
        ingest(self.store, run.id, run_dir)
        return self.store.get(run.id)

    def why(self, a: Run, b: Run) -> Explained:
        return explained(self.store, self.settings, a, b)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One for all tests: each looks at its own runs alone."""
    settings = at(tmp_path_factory.mktemp("lab"))
    with Store.open(settings.db) as store:
        yield Lab(settings, store)


def changed(group: str, **facts: Any) -> dict[str, dict[str, Any]]:
    names = {name.replace("__", "."): value for name, value in facts.items()}
    return {**NOTED, group: {**NOTED[group], **names}}


def groups(why: Explained) -> dict[str, dict[str, tuple[Any, Any]]]:
    return {
        name: {each.what: each.values for each in listed}
        for name, listed in why.known.groups.items()
        if listed
    }


def test_two_runs_alike(lab: Lab) -> None:
    why = lab.why(lab.run(), lab.run())
    assert groups(why) == {}
    assert why.known.unrecorded == {}
    assert why.scores == (), "nan is as undefined as nan"
    assert why.sentence == (
        "Nothing that both recorded differs. The 3 scores that both have are the same."
    )


def test_nothing_differs_and_the_results_still_do(lab: Lab) -> None:
    why = lab.why(lab.run(accuracy=0.75), lab.run(accuracy=0.7500000001))
    assert not why.known.any
    (score,) = why.scores
    assert (score.name, score.values) == ("finetuned accuracy", (0.75, 0.7500000001))
    assert "Nothing that both recorded differs, and the results still do" in why.sentence
    assert "finetuned accuracy: 75.0 → 75.00000001" in why.sentence, "in digits that tell"


@each(
    ("noted", "expected"),
    [
        (changed("code", engine="f" * 32), {"code": {"engine": ("e" * 32, "f" * 32)}}),
        (
            changed("code", graftui__commit="b" * 40),
            {"code": {"graftui.commit": ("a" * 40, "b" * 40)}},
        ),
        (changed("packages", torch="2.12"), {"packages": {"torch": ("2.13.0", "2.12")}}),
        (changed("data", rows__train="2" * 32), {"data": {"rows.train": ("1" * 32, "2" * 32)}}),
        (
            changed("random", **{"deterministic kernels": "no"}),
            {"random state": {"deterministic kernels": ("where there are", "no")}},
        ),
        (changed("hardware", device="H200"), {"hardware": {"device": ("CPU", "H200")}}),
        (
            {**NOTED, "environment": {"HF_HOME": "/h"}},
            {"environment": {"OMP_NUM_THREADS": ("2", None), "HF_HOME": (None, "/h")}},
        ),
        (changed("environment", SLURM_JOB_ID="2"), {}),
        (changed("hardware", memory_bytes=6), {}),
        (changed("code", graftui__branch="other"), {}),
    ],
)
def test_each_fact_in_its_group(
    lab: Lab, noted: dict[str, dict[str, Any]], expected: dict[str, Any]
) -> None:
    why = lab.why(lab.run(), lab.run(noted))
    assert groups(why) == expected
    assert list(why.known.unrecorded) == []


def test_other_uncommitted_changes_are_told_by_their_patches(lab: Lab) -> None:
    dirty = {"graftui__digest": "5" * 32, "graftui__changes": "1.graftui.diff"}
    a, b = lab.run(), lab.run(changed("code", **dirty))
    (difference,) = lab.why(a, b).known.groups["code"]
    assert difference.values == (None, f"{b.id}/attempts/1.graftui.diff")
    assert difference.note == "the engine's source files are the same"


def test_settings_seeds_and_where_it_is_computed(lab: Lab) -> None:
    from engine.contract.kinds.finetune import TrainConfig
    from engine.contract.sections import ComputeConfig

    other = {"train": TrainConfig(lr=0.25, seed=7), "compute": ComputeConfig(threads=3)}
    told = groups(lab.why(lab.run(), lab.run(settings=other)))
    assert list(told) == ["settings", "random state", "hardware"], "what matters most first"
    assert [*told["settings"]] == ["train.lr"]
    assert told["settings"]["train.lr"][1] == 0.25
    assert [*told["random state"]] == ["train.seed"]
    assert told["hardware"]["compute.threads"] == (0, 3)


def test_files_by_content_whatever_they_are_called(lab: Lab) -> None:
    a = lab.run(files={"old/train.tsv": "x", "test.tsv": "y", "gone.tsv": "z"})
    b = lab.run(files={"new/train.tsv": "x", "test.tsv": "w"})
    assert groups(lab.why(a, b)) == {
        "data": {"test.tsv": ("y", "w"), "gone.tsv": ("z", None)},
    }


def test_runs_that_they_are_made_from_are_explained_too(lab: Lab) -> None:
    from engine.contract.kinds.finetune import TrainConfig

    first, second = lab.run(), lab.run(settings={"train": TrainConfig(seed=7)})
    grafts = [lab.run(kind="graft", parent=source.id) for source in (first, second, first)]
    told = lab.why(grafts[0], grafts[1])
    (head, seed) = told.known.groups["inputs"]
    assert (head.what, head.values) == ("finetuned", (first.id, second.id))
    assert head.note == "differ in random state"
    assert (seed.what, seed.values[1]) == ("finetuned: train.seed", 7)
    assert groups(lab.why(grafts[0], grafts[2])) == {}


def test_two_sources_of_one_config_are_two_runs(lab: Lab) -> None:
    sources = lab.run(), lab.run()
    grafts = [lab.run(kind="graft", parent=source.id) for source in sources]
    (head,) = lab.why(*grafts).known.groups["inputs"]
    assert head.note == "nothing noted of the two differs"


def test_a_source_that_was_deleted_is_known_by_its_config(lab: Lab) -> None:
    first, second = lab.run(), lab.run()
    a, b = (lab.run(kind="graft", parent=source.id) for source in (first, second))
    config = {**second.config, "train": {**second.config["train"], "lr": 0.5}}
    lab.settings.run_dir(b.id).origin("finetuned").write_text(json.dumps(config))
    with lab.store.write() as db:
        db.execute("DELETE FROM runs WHERE id = ?", (second.id,))
    why = lab.why(a, lab.store.get(b.id))
    assert [each.what for each in why.known.groups["inputs"]] == [
        "finetuned",
        "finetuned: train.lr",
    ]
    assert "code" in why.known.unrecorded[second.id]


def test_what_an_older_run_has_not_noted_is_no_difference(lab: Lab) -> None:
    old, new = lab.run(noted=None, files=None), lab.run()
    why = lab.why(old, new)
    assert groups(why) == {}
    lacking = why.known.unrecorded
    assert {"code", "random state", "environment", "files it read"} <= {*lacking[old.id]}
    assert "hardware: threads" in lacking[old.id], "its events tell the device alone"
    assert new.id not in lacking
    puzzling = lab.why(old, lab.run(accuracy=0.5)).sentence
    assert puzzling.endswith("Perhaps what is not recorded may be why.")


def test_a_fact_that_a_later_version_notes_is_no_difference(lab: Lab) -> None:
    new = lab.run({**changed("hardware", cooling="water"), "weather": {"sun": True}})
    why = lab.why(lab.run(), new)
    assert groups(why) == {}


def test_without_scores_nothing_is_said_of_results(lab: Lab) -> None:
    why = lab.why(lab.run(), lab.run(accuracy=None))
    assert why.sentence.endswith("There are no scores that both have.")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"code": [1]}', '{"code": {"engine": {}}}', "[" * 90_000, "NaN"],
    ids=["empty", "list", "half", "no group", "no fact", "deep", "nan"],
)
def test_a_file_that_is_no_provenance_costs_itself_alone(lab: Lab, content: str) -> None:
    run = lab.run()
    run_dir = lab.settings.run_dir(run.id)
    run_dir.provenance(1).write_text(content)
    assert "engine" not in recorded(run_dir, 1).get("code", {})
    lab.why(run, lab.run())


def test_hostile_text_stays_text(lab: Lab) -> None:
    evil = "\x1b[31m[bold]\ud800\n"
    noted = changed("hardware", host=evil) | {"code": {"graftui.note": evil}}
    run = lab.run(noted)
    words = told(recorded(lab.settings.run_dir(run.id), 1))
    assert evil in words["machine"]
    assert lab.why(lab.run(), run).known.groups["hardware"][0].values == ("box", evil)


def test_the_last_attempt_counts_and_all_are_kept(lab: Lab) -> None:
    run = lab.run()
    run_dir = lab.settings.run_dir(run.id)
    run_dir.provenance(2).write_text(json.dumps(changed("packages", torch="2.14")))
    (run_dir.attempts / "x.provenance.json").write_text("{}")
    with lab.store.write() as db:
        attempts.add(db, Attempt(run=run.id, n=2, pid=8))
    assert groups(lab.why(lab.run(), lab.store.get(run.id))) == {
        "packages": {"torch": ("2.13.0", "2.14")}
    }
    assert [*all_recorded(run_dir)] == [1, 2]
    assert all_recorded(RunDir(run_dir.path / "nowhere")) == {}


def test_a_chain_without_end_is_cut(lab: Lab) -> None:
    a, b = lab.run(kind="graft"), lab.run(kind="graft")
    with lab.store.write() as db:
        for run, source in ((a, b), (b, a)):
            values = (run.id, source.id)
            db.execute("INSERT INTO inputs VALUES (?, 0, 'finetuned', ?)", values)
    assert lab.store.get(a.id).inputs == (Input("finetuned", b.id),)
    assert lab.why(lab.store.get(a.id), lab.store.get(b.id)).known.groups["inputs"]
