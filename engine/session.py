"""A session: what every kind of run needs before its own work starts.

Owns seeds, threads, the model with its task, and how scores are announced.
"""

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
import transformers

from engine import data, loading
from engine.answers import Answered, write_answers
from engine.batches import Example, collate
from engine.contract.events import Artifact, Evaluated, Labels, Log, Resumed
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir
from engine.contract.provenance import Provenance
from engine.contract.sections import OnTask, Section
from engine.contract.subjects import MODEL
from engine.emit import Emitter, StopRequest
from engine.evaluate import Evaluator, Outcome
from engine.known import KnownAnswers, here
from engine.models import AnswerModel, WeightMap, freeze_all_but, weight_map, wrap
from engine.models.causal import check_causal
from engine.models.trial import quietly, refused, trial
from engine.provenance.computing import computing
from engine.room import Room
from engine.training.state import States

CPU_TOKENS, GPU_TOKENS = 1024, 16_384
"""Most tokens of a forward pass, padding included.

A CPU is as fast with 400 as with 1500, but for what Python adds; a GPU wants to be filled.
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A run under way."""

    run_dir: RunDir
    emit: Emitter
    stop: StopRequest
    device: torch.device
    tokenizer: Any
    data: data.TaskData
    model: AnswerModel
    maskable: list[str]
    """Names of the weights that train and can be grafted, within `model.lm`."""
    evaluate: Evaluator
    bf16: bool
    weights: WeightMap
    """Which of the weights of `model.lm` are what."""
    states: States
    """Where the run stood, and where it stands is saved."""
    known: KnownAnswers | None = None
    """What other runs asked the same; None: each question is put to the model."""
    answered: list[Answered] = field(default_factory=list)
    """What was announced so far."""

    def announce(
        self,
        stage: str,
        split: str,
        outcome: Outcome,
        scores: dict[str, float] | None = None,
        labels: Labels = {},  # noqa: B006
        subject: str = MODEL,
    ) -> dict[str, float]:
        """Emit the scores of one set of weights, a Stage or a word of a kind's own, and give them
        back. `scores`: where they are not just those of `outcome`."""
        self.answered.append(Answered(stage, split, outcome, labels, subject))
        scores = outcome.scores() if scores is None else scores
        of = {"subject": subject, "stage": stage, "split": split, "labels": labels}
        self.emit(Evaluated(**of, scores=scores))
        loss = scores.get("loss", 0.0)  # a recovery that is undefined has its own warning
        if not math.isfinite(loss):
            message = f"{stage.replace('_', ' ')} on {split}: loss is {loss}"
            self.emit(Log(level="warning", message=message))
        return scores

    def announce_tests(
        self, stage: str, outcomes: dict[str, Outcome]
    ) -> dict[str, dict[str, float]]:
        """Emit the scores on each test set, and give them back."""
        return {name: self.announce(stage, name, outcome) for name, outcome in outcomes.items()}

    def test(self, model: AnswerModel | None = None, whose: str = "") -> dict[str, Outcome]:
        """The answers of the model, or of another one, to each test set. `whose`: as for `ask`."""
        total = sum(map(len, self.data.tests.values()))
        outcomes, done = {}, 0

        def told(rows: int, _: int) -> None:
            self.emit.progress("test", done + rows, total)

        for name, examples in self.data.tests.items():
            outcomes[name], source = self.ask(name, examples, model, whose, told)
            done += len(examples)
            if source:
                self.emit.taken_over("test", done, total)
        return outcomes

    def dev(self, model: AnswerModel | None = None, whose: str = "") -> Outcome:
        """The answers of the model, or of another one, to the dev rows. `whose`: as for `ask`."""
        return self.ask("dev", self.data.dev, model, whose)[0]

    def ask(
        self,
        split: str,
        rows: Sequence[Example],
        model: AnswerModel | None = None,
        whose: str = "",
        told: Callable[[int, int], None] | None = None,
    ) -> tuple[Outcome, str]:
        """The answers of the model, or of another one, to `rows`, which the log calls `split`; and
        the run that they are taken over from, empty where they were computed.

        `whose`: what the log calls weights that other runs ask the same; empty: none does. `told`:
        how many examples are computed, and of how many.
        """
        evaluate = self.evaluate.with_model(model) if model else self.evaluate
        if not whose or self.known is None:
            return evaluate(rows, told), ""
        outcome, source = self.known.ask(evaluate, rows, told)
        if source:
            asked = len(rows) // self.data.contexts
            run = "this run" if source == self.run_dir.path.name else f"run {source}"
            self.emit.log(
                f"{whose.replace('_', ' ')} on {split}: answers to {asked:,} rows taken over from "
                f"{run}"
            )
        return outcome, source

    def write_answers(self, beside: Sequence["Session"] = ()) -> None:
        """Write what all weights answered whose scores were announced, here and in the sessions
        that put other tasks to the same network."""
        groups = [(group, each.data) for each in (self, *beside) for group in each.answered]
        write_answers(self.run_dir.answers, groups)
        self.wrote(self.run_dir.answers.name, "answers")

    def resume(self) -> dict[str, Any] | None:
        """Where an earlier attempt stood, if that can be gone on from; says so."""
        state = self.states.latest()
        if state is None:
            return None
        self.emit(Resumed(step=state.step))
        return state.values

    def wrote(self, name: str, kind: str) -> None:
        """Announce a file or folder of the run directory."""
        path = self.run_dir.path / name
        files = path.rglob("*") if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files)
        self.emit(Artifact(path=name, kind=kind, bytes=size))


def seed_everything(seed: int) -> None:
    """The seed of all that is random; deterministic kernels where torch has them."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Else it writes to all memory that is asked for, so that flat buffers are there before the
    # models' own has gone. Nothing here reads what has not been written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def begin(
    config: OnTask,
    run_dir: RunDir,
    emit: Emitter,
    stop: StopRequest,
    seed: int,
) -> Session:
    """Load what `config` names. Raises ConfigError, DataError or Cancelled."""
    transformers.logging.disable_progress_bar()  # output.log is no terminal
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    seed_everything(seed)
    device = loading.device(config.compute)
    emit.progress("load", 0, 2)
    since = time.monotonic()
    if loading.from_hub(config.model.name):
        emit.log(f"asking the hub for {config.model.name}, unless it is in the local cache")
    tokenizer = loading.tokenizer(config.model)
    lm = loading.pretrained(config.model, config.task.type)
    known = trial(lm, config.model.name)
    check_causal(known, config.model, config.task)
    stop.check()
    emit.progress("load", 1, 2)
    room = Room(known.positions, known.tokens)
    task = data.load(config.task, config.demo, tokenizer, run_dir.cache, _tokenising(emit), room)
    for note in task.notes:
        emit(Log(level="warning", message=note))
    model = wrap(lm, task, config.task.head).to(device)
    _try(model, task, config.model.name)
    weights = weight_map(lm, known)
    maskable = weights.maskable(config.freeze)
    freeze_all_but(lm, maskable)
    facts = computing(device, lm, task)
    _tell_loaded(emit, facts, task, lm, maskable, time.monotonic() - since)
    bf16 = config.compute.bf16
    evaluate = Evaluator(model, task, device, _batch_tokens(config, device), bf16, stop.check)
    return Session(
        run_dir, emit, stop, device, tokenizer, task, model, maskable, evaluate, bf16, weights,
        _states(config, run_dir, emit), _known(config, run_dir, here(device, facts)),
    )  # fmt: skip


def _known(config: OnTask, run_dir: RunDir, circumstances: Any) -> KnownAnswers | None:
    if config.model.trust_remote_code:  # nothing is known of what such code goes by
        return None
    return KnownAnswers(run_dir.known, run_dir.path.name, circumstances)


def _states(config: OnTask, run_dir: RunDir, emit: Emitter) -> States:
    def warn(trouble: str) -> None:
        emit(Log(level="warning", message=trouble))

    digest = config_hash(cast(Section, config))
    return States(run_dir.state, digest, config.compute.save_every_s, warn)


def _try(model: AnswerModel, task: data.TaskData, name: str) -> None:
    """Raises ConfigError if the longest row beside the first one is more than the network takes."""
    device = next(model.parameters()).device
    with refused(model.lm, name), quietly(model):
        model(collate([task.longest, task.train[0]], task.pad_id, device))


def _tell_loaded(
    emit: Emitter, facts: Provenance, task: data.TaskData, lm: Any, maskable: list[str],
    seconds: float,
) -> None:  # fmt: skip
    if emit.notes:
        emit.notes.computing(facts)
    emit.progress("load", 2, 2)
    emit.log(_inventory(task, lm, maskable, seconds))


def _batch_tokens(config: OnTask, device: torch.device) -> int:
    return config.compute.batch_tokens or (CPU_TOKENS if device.type == "cpu" else GPU_TOKENS)


def _tokenising(emit: Emitter) -> data.Progress:
    def told(split: str, done: int, total: int) -> None:
        emit.progress(f"tokenise {split}", done, total)

    return told


def _inventory(
    task: data.TaskData, lm: torch.nn.Module, maskable: list[str], seconds: float
) -> str:
    sizes = {name: parameter.numel() for name, parameter in lm.named_parameters()}
    words = " / ".join(word.strip() for word in task.label_words)
    tested = sum(map(len, task.tests.values()))
    counts = (n // task.contexts for n in (len(task.train), len(task.dev), tested))
    train, dev, test = (f"{n:,}" for n in counts)
    return (
        f"loaded in {seconds:.1f} s: {sum(sizes.values()):,} weights, "
        f"{sum(sizes[n] for n in maskable):,} of them maskable; "
        f"{train} train, {dev} dev, {test} test rows; "
        f"label words {words}; first prompt: {task.sample}"
    )
