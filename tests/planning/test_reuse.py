"""A run stands in for another only if it read the same files: data, and a model on disk."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.inputs import input_files
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.layout import RunDir
from engine.contract.sections import DemoConfig, ModelConfig, TaskConfig
from graftui.errors import UsageError
from graftui.models import Run, RunReason, RunStatus
from graftui.planning import plans, recipes, reruns
from graftui.planning.overrides import parse
from graftui.registry.store import Store
from graftui.scheduler import reads, submit, supervise
from graftui.scheduler.resume import resume
from graftui.settings import Settings, at

RECIPE = """
[finetune]
model.name = "models/small"
task = { name = "SST-2", data = "films", k = 2 }
[graft]
of = "finetune"
"""
TRAIN = "films/SST-2/2-13/train.tsv"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A working directory with a task's k-shot files and a model."""
    monkeypatch.chdir(tmp_path)
    Path(TRAIN).parent.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        Path(TRAIN).with_stem(split).write_text(f"sentence\tlabel\ngood {split}\t1\nbad\t0\n")
    Path("models/small").mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "README.md", "model.safetensors"):
        Path("models/small", name).write_text(f"{name} as it was")
    return at(tmp_path)


def planned(settings: Settings, *sets: str) -> plans.Planned:
    return plans.plan(recipes.loads(RECIPE, "mine"), settings, parse(sets))


def queued(settings: Settings) -> tuple[Run, Run]:
    tuning, graft = submit.submit(settings, planned(settings).plans)
    return tuning, graft


def finished(settings: Settings) -> Run:
    """The fine-tuning of the recipe, done."""
    tuning, _ = queued(settings)
    checkpoint = settings.run_dir(tuning.id).checkpoint
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    with Store.open(settings.db) as store:
        store.update(tuning.id, status=RunStatus.finished)
    return tuning


def swap_labels() -> None:
    """As an editor that keeps size and time of the file."""
    path, seen = Path(TRAIN), os.stat(TRAIN)
    path.write_text("sentence\tlabel\ngood train\t0\nbad\t1\n")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (os.stat(TRAIN).st_size, os.stat(TRAIN).st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)


def test_the_same_files_are_the_same_run(here: Settings) -> None:
    done = finished(here)
    again = planned(here)
    assert ([run.id for run in again.reused], again.remarks) == ([done.id], ())
    assert [(each.kind, each.inputs) for each in again.plans] == [
        ("graft", {"finetuned": [done.id]})
    ]
    Path("models/small/README.md").write_text("read by nobody")
    Path("films/SST-2/other.tsv").touch()
    assert planned(here).reused == again.reused


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (swap_labels, f"the data changed since run {{}}: {TRAIN}"),
        (lambda: Path(TRAIN).with_stem("test").write_text("x"), "the data changed since run {}: "),
        (
            lambda: Path("models/small/model.safetensors").write_text("others"),
            "the model changed since run {}: models/small/model.safetensors",
        ),
        (
            lambda: Path("models/small/merges.txt").touch(),
            "the model changed since run {}: models/small/merges.txt",
        ),
        (
            lambda: Path("models/small/tokenizer.json").unlink(),
            "the model changed since run {}: models/small/tokenizer.json",
        ),
    ],
)
def test_other_files_are_another_run(
    here: Settings, change: Callable[[], object], remark: str
) -> None:
    done = finished(here)
    change()
    again = planned(here)
    assert again.reused == []
    assert [each.kind for each in again.plans] == ["finetune", "graft"]
    assert len(again.remarks) == 1
    assert again.remarks[0].startswith(remark.format(done.id))
    assert again.remarks[0].endswith("finetune is run again")


def test_of_several_that_one_is_reused_which_read_the_same(here: Settings) -> None:
    first, text = finished(here), Path(TRAIN).read_text()
    swap_labels()
    second = finished(here)
    assert [run.id for run in planned(here).reused] == [second.id]
    Path(TRAIN).write_text(text)
    assert [run.id for run in planned(here).reused] == [first.id]


def test_one_under_way_serves_if_it_reads_the_same(here: Settings) -> None:
    tuning, _ = queued(here)
    assert [run.id for run in planned(here).reused] == [tuning.id]
    swap_labels()
    assert planned(here).reused == []


def test_a_run_of_before_digests_is_not_reused_silently(here: Settings) -> None:
    done = finished(here)
    RunDir(here.runs / done.id).digests.unlink()
    again = planned(here)
    assert again.reused == []
    assert f"run {done.id} is from before its data was noted" in again.remarks[0]
    sets = ("task.name=pocket-film", "task.data=", "task.k=16", "model.name=pocket:masked-lm")
    assert planned(here, *sets).plans[0].reads == {}, "what ships has no digest"


def test_a_rerun_of_a_graft_fine_tunes_again_on_other_data(here: Settings) -> None:
    done = finished(here)
    with Store.open(here.db) as store:
        graft = store.resolve("last")
    assert [run.id for run in reruns.rerun(graft, (), here)[0].reused] == [done.id]
    swap_labels()
    again, changes = reruns.rerun(graft, (), here)
    assert ([each.kind for each in again.plans], changes) == (["finetune", "graft"], {})
    assert again.remarks


def test_a_graft_from_a_checkpoint_of_other_data_is_told(here: Settings) -> None:
    checkpoint = RunDir(here.runs / finished(here).id).checkpoint.relative_to(here.root)
    alone = recipes.loads(RECIPE.partition("[graft]")[0].replace("[finetune]", "[graft]"), "alone")
    sets = (f"finetuned.path={checkpoint}",)
    assert plans.plan(alone, here, parse(sets)).remarks == ()
    swap_labels()
    (remark,) = plans.plan(alone, here, parse(sets)).remarks
    assert checkpoint.parent.name in remark
    assert TRAIN in remark


def test_what_a_run_reads_is_noted_when_it_starts(here: Settings) -> None:
    tuning, graft = (RunDir(here.runs / run.id) for run in queued(here))
    before = reads.stored(tuning)
    assert before
    assert set(before) == {
        *(str(Path(TRAIN).with_stem(split)) for split in ("train", "dev", "test")),
        *(
            f"models/small/{name}"
            for name in ("config.json", "tokenizer.json", "model.safetensors")
        ),
    }
    swap_labels()
    reads.note(here, tuning, [])
    now = reads.stored(tuning)
    assert now
    assert [path for path in now if now[path] != before[path]] == [TRAIN]
    reads.note(here, graft, [tuning])
    assert reads.stored(graft) == now


def test_a_graft_never_starts_on_other_data_than_its_fine_tuning(here: Settings) -> None:
    tuning, graft = queued(here)
    swap_labels()
    with Store.open(here.db) as store:
        supervise.Supervisor(here)._start(store, graft)
        failed = store.get(graft.id)
    assert (failed.status, failed.reason) == (RunStatus.failed, RunReason.data)
    assert tuning.id in failed.message
    assert TRAIN in failed.message
    assert f"graftui rerun {graft.id}" in failed.hint


def test_a_run_never_goes_on_half_way_on_other_data(here: Settings) -> None:
    tuning, graft = queued(here)
    folder = RunDir(here.runs / tuning.id)
    folder.state.mkdir()
    (folder.state / "1.json").write_text('{"step": 7, "bytes": 0}')
    (folder.state / "1.safetensors").touch()
    with Store.open(here.db) as store:
        store.update(tuning.id, status=RunStatus.cancelled)
        reads.note_of(here, tuning)  # the same data: it may
        before = reads.stored(folder)
        swap_labels()
        with pytest.raises(UsageError, match=f"since run {tuning.id} was saved half-way: {TRAIN}"):
            resume(here, [store.get(tuning.id)])
        store.update(tuning.id, status=RunStatus.queued)
        supervise.Supervisor(here)._start(store, tuning)
        failed = store.get(tuning.id)
    assert (failed.status, failed.reason) == (RunStatus.failed, RunReason.data)
    assert reads.stored(folder) == before, "what it read stays known"


def test_large_files_are_read_once(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    of = reads._of

    def counted(file: object) -> str:
        read.append(Path(file.name).name)  # type: ignore[attr-defined]
        return of(file)

    monkeypatch.setattr(reads, "_of", counted)
    monkeypatch.setattr(reads, "_CACHED_FROM", 1)
    config = planned(here).plans[0].config
    assert isinstance(config, FinetuneConfig)
    first = reads.digests(config, here)
    read.clear()
    assert reads.digests(config, here) == first
    assert read == []
    swap_labels()
    assert reads.digests(config, here) != first, "though size and time of the data are the same"
    assert read == ["train.tsv"]
    (here.cache / "digests.json").write_text("[1]")
    assert reads.digests(config, here)[TRAIN] != first[TRAIN], "a damaged cache is no cache"


def test_what_else_a_run_reads(here: Settings, tmp_path: Path) -> None:
    shutil.copytree("models/small", "models/filter")
    (tmp_path / "copy/.cache").mkdir(parents=True)
    for name in ("copy/train.parquet", "copy/.cache/x", "films/mr/2-13/test.csv"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    films = {"name": "SST-2", "k": 2, "data": "films", "also_test": ("mr",)}
    filtered = DemoConfig(filter=True, filter_model="models/filter")

    def read(task: dict[str, object], demo: DemoConfig) -> set[str]:
        config = FinetuneConfig(
            model=ModelConfig(name="roberta-base"), task=TaskConfig.model_validate(task), demo=demo
        )
        return {str(path) for path in input_files(config)}

    splits = {str(Path(TRAIN).with_stem(split)) for split in ("train", "dev", "test")}
    assert read(films, filtered) == splits | {"films/mr/2-13/test.csv"}
    shown = read({**films, "type": "prompt-demo"}, filtered)
    assert {path for path in shown if path.startswith("models")} == {
        f"models/filter/{name}" for name in ("config.json", "tokenizer.json", "model.safetensors")
    }
    assert read({"name": "SST-2", "data": "hub:copy"}, filtered) == {"copy/train.parquet"}
    assert read({"name": "SST-2", "data": "hub"}, filtered) == set()
    assert read({"name": "SST-2", "data": "hub:owner/name"}, filtered) == set()
