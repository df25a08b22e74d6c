"""Several trainings in one run, of which a stop loses none.

Owns `trained/NAME.safetensors` of the run directory, the weights of each that is done, until the
run has finished; the one under way has its state where that of any run lies. A file of another
config is not used.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.contract.events import Event, Labels
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.layout import write_whole
from engine.emit import Emitter
from engine.session import Session, seed_everything
from engine.training.best import BestWeights
from engine.training.moving import Whole, trained
from engine.training.state import State, States
from engine.training.tune import tune

Weights = dict[str, torch.Tensor]


class Labelled(Emitter):
    """Says what another one does, its curves with labels."""

    def __init__(self, emit: Emitter, labels: Labels) -> None:
        self._emit, self._own = emit, labels
        self.notes = emit.notes

    def __call__(self, event: Event) -> None:
        self._emit(event)

    def metric(self, step: int, values: dict[str, float], labels: Labels = {}) -> None:  # noqa: B006
        self._emit.metric(step, values, {**self._own, **labels})

    def _progress(self, phase: str, step: int, total: int, computed: bool) -> None:
        self._emit._progress(phase, step, total, computed)


class Named(States):
    """The states of a run, where only those of one training are gone on from."""

    def __init__(self, states: States, name: str) -> None:
        self._all, self._name = states, name

    def latest(self) -> State | None:
        state = self._all.latest()
        return state if state and state.values.get("training") == self._name else None

    @property
    def due(self) -> bool:
        return self._all.due

    def save(self, step: int, values: Mapping[str, Any]) -> None:
        self._all.save(step, {**values, "training": self._name})


class Trainings:
    """The trainings of a run, one after another."""

    def __init__(self, session: Session, config: TrainConfig, digest: str) -> None:
        """`digest`: of the run's config."""
        self._folder = session.run_dir.path / "trained"
        self._session, self._config, self._digest = session, config, digest
        self._first = True

    def weights(self, name: str, session: Session, start: Weights) -> Weights:
        """What training on a session's task from `start` gives; the model has it then.

        Of the first training of a run nothing is seeded anew: it is a fine-tuning, bit for bit.
        Raises Diverged, or Cancelled after saving where it came to.
        """
        known, first = self._read(name), self._first
        self._first = False
        if known is not None:
            put(session, known)
            return known
        put(session, start)
        if not first:
            seed_everything(self._config.seed)
        labels: Labels = {"training": name}
        emit, states = Labelled(session.emit, labels), Named(session.states, name)
        moving = Whole(session.model)
        named = replace(session, emit=emit, states=states)
        tune(named, self._config, BestWeights(moving.parameters), moving, lambda: None)
        made = taken(session)
        self._write(name, made)
        return made

    def clear(self) -> None:
        """Nothing is left to go on with."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"

    def _read(self, name: str) -> Weights | None:
        try:
            with safe_open(self._path(name), "pt") as file:
                if (file.metadata() or {}).get("config_hash") != self._digest:
                    return None
                return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return None

    def _write(self, name: str, made: Weights) -> None:
        self._folder.mkdir(exist_ok=True)
        write_whole(self._path(name), save(made, {"config_hash": self._digest}))


def taken(session: Session) -> Weights:
    """Copies of the weights that train, as they are, on the host."""
    return {n: p.detach().cpu().clone() for n, p in trained(session.model).items()}


@torch.no_grad()
def put(session: Session, weights: Weights) -> None:
    """Give the model these weights."""
    for name, parameter in trained(session.model).items():
        parameter.copy_(weights[name])
