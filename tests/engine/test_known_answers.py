"""Answers that runs share: bit for bit those of a run alone, never another question's, and never
worth a run."""

import copy
import dataclasses
import errno
import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from engine import data, known
from engine.contract import config as configs
from engine.contract import events as ev
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.sections import TaskConfig
from engine.emit import Emitter
from engine.evaluate import Evaluator, Outcome
from engine.known import KnownAnswers, here, key
from engine.models import LinearModel, PromptModel
from engine.provenance import machine
from engine.provenance.computing import computing
from engine.session import Session, begin
from tests.engine.engine_bench import (
    NeverStop,
    Ran,
    finetuning,
    grafting,
    load_task,
    prepare,
    run_here,
    session_of,
)
from tests.engine.engine_zoo import FAMILIES

CPU = torch.device("cpu")


@pytest.fixture
def session(task: data.TaskData, tmp_path: Path) -> Session:
    return session_of(FAMILIES["roberta"].build(), task, tmp_path)


@pytest.fixture
def evaluate(session: Session) -> Evaluator:
    return session.evaluate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the answers are kept."""
    return tmp_path / "answers"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples each evaluation computed."""
    sizes: list[int] = []
    whole = Evaluator.__call__

    def counting(self: Evaluator, rows: Any, progress: Any = None) -> Outcome:
        sizes.append(len(rows))
        return whole(self, rows, progress)

    monkeypatch.setattr(Evaluator, "__call__", counting)
    return sizes


def question(session: Session, **changes: Any) -> str:
    evaluate = session.evaluate
    facts = computing(CPU, session.model.lm, session.data)
    for name, value in changes.items():
        setattr_frozen(evaluate, name, value)
    return key(here(CPU, facts), evaluate, session.data.test)


def setattr_frozen(target: Any, name: str, value: Any) -> None:
    object.__setattr__(target, name, value)


def scored(ran: Ran) -> list[Any]:
    return [
        (e.stage, e.split, e.scores, e.labels) for e in ran.events if isinstance(e, ev.Evaluated)
    ]


def taken_over(ran: Ran) -> list[str]:
    logs = [event.message for event in ran.events if isinstance(event, ev.Log)]
    return [message for message in logs if "taken over from" in message]


def test_a_second_graft_takes_over_what_the_first_was_answered_bit_for_bit(
    model_folder: Path, task_folder: Path, tuned: Path, tmp_path: Path, counted: list[int]
) -> None:
    def graft(name: str, localizer: str) -> Ran:
        raw = grafting(model_folder, task_folder, tuned, localizer=localizer, steps=2)
        ran = run_here(tmp_path / "runs" / name, raw)
        assert ran.code == 0, ran.place.events.read_text()
        return ran

    alone = graft("alone", "saliency")
    computed = sum(counted)
    shutil.rmtree(alone.place.known)
    counted.clear()
    graft("first", "movement")
    counted.clear()
    second = graft("second", "saliency")
    said = taken_over(second)
    assert said == [
        f"{what} taken over from run first"
        for what in (
            "pretrained on test: answers to 24 rows", "finetuned on test: answers to 24 rows",
            "finetuned on dev: answers to 8 rows",
            "base patch on train and dev: answers to 16 rows",
            "base patch on test: answers to 24 rows",
        )
    ]  # fmt: skip
    assert sum(counted) == computed - (24 + 24 + 8 + 16 + 24), "the graft itself is computed"
    assert scored(second) == scored(alone)
    for file in ("answers.jsonl.gz", "result.json", "map.json"):
        assert (second.place.path / file).read_bytes() == (alone.place.path / file).read_bytes()
    total = [e for e in second.events if isinstance(e, ev.Progress) and e.phase == "test"]
    assert {(e.step, e.total) for e in total if e.step == e.total} == {(24, 24)}


def test_a_graft_takes_over_what_its_fine_tuning_was_answered(
    model_folder: Path, task_folder: Path, tmp_path: Path
) -> None:
    first = run_here(tmp_path / "runs" / "tuning", finetuning(model_folder, task_folder, steps=2))
    raw = grafting(model_folder, task_folder, first.place.checkpoint, localizer="movement")
    second = run_here(tmp_path / "runs" / "graft", raw)
    said = ["pretrained on test", "finetuned on test", "finetuned on dev"]
    assert [message.split(":")[0] for message in taken_over(second)] == said
    assert sorted(map(str, scored(first))) == sorted(map(str, scored(second)[:3]))


def test_the_log_says_nothing_and_nothing_is_kept_of_a_model_with_its_own_code(
    model_folder: Path, task_folder: Path, tmp_path: Path
) -> None:
    raw = finetuning(model_folder, task_folder, steps=1)
    raw["model"]["trust_remote_code"] = True
    for name in ("first", "second"):
        ran = run_here(tmp_path / "runs" / name, raw)
        assert ran.code == 0
        assert not taken_over(ran)
    assert not ran.place.known.exists()


CONFIG: dict[str, tuple[Any, bool]] = {
    "task.prompt": ("*cls**sent_0*_was*mask*.*sep+*", True),
    "task.label_words": ({"0": "dull", "1": "fun"}, True),
    "task.max_length": (12, True),
    "task.test_rows": (12, True),
    "task.type": ("prompt-demo", True),
    "task.k": (3, False),
    "compute.bf16": (True, True),
    "compute.batch_tokens": (17, True),
    "compute.save_logits": (True, False),
    "freeze.layers": (1, False),
    "train.lr": (0.5, False),
}
"""Setting -> another value, and whether the pretrained model may answer the test rows otherwise."""


def test_each_setting_that_changes_an_answer_changes_the_key(
    model_folder: Path, task_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(task_folder / "SST-2" / "4-13", tmp_path / "data/SST-2/3-13")
    shutil.copytree(task_folder / "SST-2" / "4-13", tmp_path / "data/SST-2/4-13")

    def asked(number: int, **changes: Any) -> tuple[str, torch.Tensor]:
        raw = finetuning(model_folder, tmp_path / "data")
        for path, value in changes.items():
            section, name = path.split(".")
            raw.setdefault(section, {})[name] = value
        place = prepare(tmp_path / "runs" / str(number), raw)
        config = configs.loads(place.config.read_bytes())
        assert isinstance(config, FinetuneConfig)
        session = begin(config, place, Emitter(place.events), NeverStop(), config.train.seed)
        return question(session), session.evaluate(session.data.test).logits

    first, logits = asked(0)
    for number, (path, (value, otherwise)) in enumerate(CONFIG.items()):
        other, changed = asked(number + 1, **{path: value})
        if not torch.equal(logits, changed):
            assert other != first, f"{path}: other answers under the same key"
        assert (other != first) is otherwise, path


def test_a_bit_of_the_weights_and_of_the_rows_changes_the_key(session: Session) -> None:
    before = question(session)
    assert question(session) == before
    weight = next(session.model.lm.parameters()).data.view(-1)
    old = weight[3].clone()
    weight[3] = torch.nextafter(old, old + 1)
    assert question(session) != before
    weight[3] = old
    assert question(session) == before
    evaluate, rows = session.evaluate, list(session.data.test)
    circumstances = here(CPU, computing(CPU, session.model.lm, session.data))
    keys = [
        key(circumstances, evaluate, asked)
        for asked in (rows, rows[1:], rows[::-1], [rows[0], *rows[:-1]])
    ]
    assert len(set(keys)) == len(keys)


def of_config(session: Session) -> None:
    session.model.lm.config.hidden_act = "relu"


def of_attention(session: Session) -> None:
    session.model.lm.config._attn_implementation = "eager"


def of_answers(session: Session) -> None:
    assert isinstance(session.model, PromptModel)
    session.model.label_ids += 1


def of_head(session: Session) -> None:
    assert isinstance(session.model, PromptModel)
    session.model._narrow._tokens = False


def of_dtype(session: Session) -> None:
    session.model.lm.to(torch.bfloat16)


def of_alignment(session: Session) -> None:
    parameter = next(session.model.lm.parameters())
    room = torch.empty(parameter.numel() + 1)
    room[1:] = parameter.data.view(-1)
    parameter.data = room[1:].view(parameter.shape)


@pytest.mark.parametrize(
    "change", [of_config, of_attention, of_answers, of_head, of_dtype, of_alignment]
)
def test_what_the_model_computes_with_is_in_the_key(
    session: Session, change: Callable[[Session], None]
) -> None:
    before = question(session)
    change(session)
    assert question(session) != before


def test_the_linear_head_is_in_the_key(
    task_folder: Path, plain: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    config = TaskConfig(name="SST-2", data=str(task_folder), k=4, type="finetune")
    linear = session_of(FAMILIES["roberta"].build().roberta, load_task(config, plain), tmp_path)
    seen = {question(linear)}
    assert isinstance(linear.model, LinearModel)
    linear.model.head.reset_parameters()  # by another seed
    seen.add(question(linear))
    linear.model.reads = "mean"
    seen.add(question(linear))
    assert len(seen) == 3


def test_padding_and_contexts_are_in_the_key(session: Session) -> None:
    keys = {question(session)}
    padded = dataclasses.replace(session.data, pad_id=session.data.pad_id + 1)
    keys.add(question(session, data=padded))
    keys.add(question(session, data=dataclasses.replace(session.data, contexts=2)))
    assert len(keys) == 3


def test_code_packages_machine_and_environment_are_in_the_key(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {question(session)}

    def changed(with_: Callable[[pytest.MonkeyPatch], None]) -> None:
        with monkeypatch.context() as patch:
            with_(patch)
            new = question(session)
        assert new not in seen
        seen.add(new)

    changed(lambda patch: patch.setattr(known, "digest_of_engine", lambda: "other"))
    changed(lambda patch: patch.setattr(known, "versions", lambda: {"transformers": "0"}))
    changed(lambda patch: patch.setattr(torch, "__version__", "0"))
    changed(lambda patch: patch.setattr(machine, "hardware", lambda: {"cpu": "other"}))
    changed(lambda patch: patch.setenv("MKL_CBWR", "COMPATIBLE"))
    torch.set_num_threads(2)
    changed(lambda patch: None)
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("high")
    changed(lambda patch: None)
    torch.set_float32_matmul_precision("highest")
    assert question(session) in seen


def test_a_network_that_draws_is_asked_each_time(evaluate: Evaluator, folder: Path) -> None:
    """Taking its answers over would leave the generators elsewhere."""
    draws = evaluate.model.lm.register_forward_pre_hook(lambda *_: torch.rand(1) and None)
    answers = KnownAnswers(folder, "a", "here")
    rows = evaluate.data.test
    assert answers.ask(evaluate, rows)[1] == answers.ask(evaluate, rows)[1] == ""
    draws.remove()
    assert [answers.ask(evaluate, rows)[1] for _ in range(2)] == ["", "a"]


def cut(raw: bytes) -> bytes:
    return raw[:-3]


def edited(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def renamed(raw: bytes) -> bytes:
    return raw.replace(b'"run": "a"', b'"run": "b"')


def empty(raw: bytes) -> bytes:
    return b""


def foreign(raw: bytes) -> bytes:
    return gzip.compress(raw)


@pytest.mark.parametrize("damage", [cut, edited, renamed, empty, foreign])
def test_a_damaged_file_is_not_believed_and_made_anew(
    evaluate: Evaluator, folder: Path, counted: list[int], damage: Callable[[bytes], bytes]
) -> None:
    answers, rows = KnownAnswers(folder, "a", "here"), evaluate.data.test
    right, _ = answers.ask(evaluate, rows)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    again, source = answers.ask(evaluate, rows)
    assert source == ""
    assert torch.equal(again.logits, right.logits)
    assert len(counted) == 2
    assert file.read_bytes() == whole
    taken, source = answers.ask(evaluate, rows)
    assert source == "a"
    assert len(counted) == 2
    assert torch.equal(taken.logits, right.logits)
    assert torch.equal(taken.labels, right.labels)
    assert taken.labels.dtype == right.labels.dtype


def test_a_file_of_another_question_is_not_believed(evaluate: Evaluator, folder: Path) -> None:
    answers, rows = KnownAnswers(folder, "a", "here"), evaluate.data.test
    answers.ask(evaluate, rows)
    (file,) = folder.iterdir()
    other = KnownAnswers(folder, "b", "there")
    other.ask(evaluate, rows)
    (theirs,) = set(folder.iterdir()) - {file}
    shutil.copy(file, theirs)
    assert other.ask(evaluate, rows)[1] == ""
    assert other.ask(evaluate, rows)[1] == "b"


def test_a_disk_that_takes_nothing_costs_only_the_saving(
    evaluate: Evaluator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    rows = evaluate.data.test
    in_the_way = KnownAnswers(tmp_path / "file" / "answers", "a", "here")
    right = evaluate(rows)
    assert torch.equal(in_the_way.ask(evaluate, rows)[0].logits, right.logits)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    answers = KnownAnswers(tmp_path / "full", "a", "here")
    assert torch.equal(answers.ask(evaluate, rows)[0].logits, right.logits)
    assert not list((tmp_path / "full").iterdir())


def test_two_that_ask_the_same_at_once_both_have_it(
    evaluate: Evaluator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in while this one is computing."""
    first, second = (KnownAnswers(folder, name, "here") for name in ("a", "b"))
    rows = evaluate.data.test
    whole = Evaluator.__call__
    inner: list[bool] = []

    def overtaken(self: Evaluator, asked: Any, progress: Any = None) -> Outcome:
        if not inner:
            inner.append(True)
            assert second.ask(evaluate, rows)[1] == ""
        return whole(self, asked, progress)

    monkeypatch.setattr(Evaluator, "__call__", overtaken)
    assert first.ask(evaluate, rows)[1] == ""
    (file,) = folder.iterdir()
    assert first.ask(evaluate, rows)[1] == "a", "the last one's, and whole"
    assert not file.name.startswith(".")


def test_the_files_stay_within_bounds_and_what_is_used_stays(
    evaluate: Evaluator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = evaluate.data.test
    runs = [KnownAnswers(folder, name, name) for name in "abcd"]
    for number, run in enumerate(runs[:3]):
        before = set(folder.iterdir()) if number else set()
        run.ask(evaluate, rows)
        (file,) = set(folder.iterdir()) - before
        os.utime(file, (number, number))
    size = file.stat().st_size
    assert runs[0].ask(evaluate, rows)[1] == "a"  # of use, so the last to go
    monkeypatch.setattr(known, "MOST_BYTES", 3 * size)
    runs[3].ask(evaluate, rows)
    assert len(list(folder.iterdir())) == 1
    assert runs[3].ask(evaluate, rows)[1] == "d"
    monkeypatch.setattr(known, "MOST_BYTES", 5 * size)
    assert runs[0].ask(evaluate, rows)[1] == ""


def test_few_rows_are_not_worth_the_way_from_a_gpu(
    evaluate: Evaluator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, rows = KnownAnswers(folder, "a", "here"), evaluate.data.test
    setattr_frozen(evaluate, "device", torch.device("meta"))
    outcome = Outcome(torch.zeros(1, 2), torch.zeros(1))
    monkeypatch.setattr(Evaluator, "__call__", lambda *_: outcome)
    assert answers.ask(evaluate, rows) == (outcome, "")
    assert not folder.exists()


def test_where_a_model_lies_counts_for_nothing(session: Session, tmp_path: Path) -> None:
    other = copy.deepcopy(session.model.lm)
    other.config._name_or_path = "elsewhere"
    (tmp_path / "b").mkdir()
    assert question(session_of(other, session.data, tmp_path / "b")) == question(session)
