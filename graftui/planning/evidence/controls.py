"""The control runs of a card of evidence, as parts of the recipe whose graft it is of.

    exchange    the region and random ones, put into the pretrained model and taken out of the
                fine-tuned one
    place       re-trained from the pretrained model in the region, in random regions with its
                counts, in the top movement and in everything: each at each learning rate
    data, model fine-tuned and grafted again with other data seeds, with other model seeds
    size        the smallest graft that recovers as much as is asked for, and the smallest of some
                random rankings

Owns which they are, and why some cannot be. Each is found by its identity, so what is done already
is not done again; which runs these are is said by plans.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.contract.kinds import kinds
from engine.contract.kinds.control import ControlConfig
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.kinds.retrain import RetrainConfig
from engine.contract.regions.section import RegionConfig
from engine.contract.sections import RunConfig
from graftui.errors import UsageError
from graftui.planning.evidence.asked import EvidenceConfig, asked
from graftui.planning.inputs import Inputs
from graftui.planning.overrides import Override, Raw, Source
from graftui.planning.recipes import Recipe

DATA_SEEDS = (13, 21, 42, 87, 100)
"""Of the k-shot samples of LM-BFF (Gao et al. 2021), which the paper takes."""
_STEPS_UP = (1, 3, 10)
REGION, MOVEMENT, EVERYTHING, RANDOM = "region", "movement", "everything", "random"


class Line(StrEnum):
    """What control runs are for."""

    exchange = "exchange"
    retraining = "place"
    data = "data seeds"
    model = "model seeds"
    size = "size"


@dataclass(frozen=True, slots=True)
class ControlRun:
    """A part of the recipe that is there for the card."""

    part: str
    line: Line
    region: str = REGION
    """Whose region it is about; of a random one `random`."""
    number: int = 0
    """Which of several random ones; of seeds the seed."""
    lr: float = 0.0


@dataclass(frozen=True, slots=True)
class Controls:
    """The recipe of a graft, with the control runs of its card."""

    recipe: Recipe
    graft: str
    """The part that the card is of."""
    asked: EvidenceConfig
    runs: tuple[ControlRun, ...]
    parts: frozenset[str]
    """All parts that are there for the card alone."""
    refused: Mapping[Line, str] = field(default_factory=dict)
    """Why there are no control runs for a line, or fewer."""


def expanded(recipe: Recipe, overrides: Sequence[Override] = (), to_run: bool = True) -> Controls:
    """`recipe` with the control runs that its [evidence] asks for; not `to_run`, also those that
    could not run here. Raises UsageError.
    """
    wanted = asked(recipe.evidence or {}, f"Recipe {recipe.name}: [evidence]")
    growing = _Growing(recipe, wanted, recipe.configs(overrides), to_run)
    for line, grow in growing.lines.items():
        grow(line)
    return growing.controls()


class _Growing:
    """The parts as they come."""

    def __init__(
        self, recipe: Recipe, wanted: EvidenceConfig, configs: Mapping[str, RunConfig], to_run: bool
    ) -> None:
        self._recipe, self._asked, self._to_run = recipe, wanted, to_run
        self._configs = dict(configs)
        self._inputs: dict[str, Inputs] = dict(recipe.inputs)
        self._part, self._graft = _graft(recipe, wanted, configs)
        sources = recipe.inputs.get(self._part, {}).get("finetuned", ())
        self._tuned_part = sources[0] if sources else ""
        tuned = configs.get(self._tuned_part)
        self._tuned = tuned if isinstance(tuned, FinetuneConfig) else None
        self._runs: list[ControlRun] = []
        self._refused: dict[Line, str] = {}
        self.lines = {
            Line.exchange: self._exchange, Line.retraining: self._place, Line.data: self._seeds,
            Line.model: self._seeds, Line.size: self._size,
        }  # fmt: skip
        if self._graft.sparsities:
            raise UsageError(
                "A card of evidence is of one graft, and this run makes one a sparsity.",
                "Cut one of them alone: graftui rerun ID --set graft.sparsities=[] "
                "--set graft.sparsity=...",
            )

    def _exchange(self, line: Line) -> None:
        own = self._graft
        config = ControlConfig(**_task(own), finetuned=own.finetuned, draws=self._asked.draws)
        self._add(line, "exchange", config, {"grafted": (self._part,), **self._of_tuned()})

    def _place(self, line: Line) -> None:
        if self._tuned is None:
            self._refused[line] = "it is not known how the fine-tuned model was trained"
            return
        train = self._tuned.train
        for lr in self._asked.lrs or tuple(times * train.lr for times in _STEPS_UP):
            steps = self._asked.steps or train.steps
            taught = train.model_copy(update={"lr": lr, "steps": steps, "keep": "best"})
            for region, number, config, inputs in self._retrainings(self._tuned, taught):
                part = f"place-{region}-{number}-{lr:g}"
                self._add(line, part, config, inputs, region=region, number=number, lr=lr)

    def _retrainings(
        self, tuned: FinetuneConfig, taught: Any
    ) -> Iterator[tuple[str, int, RunConfig, Inputs]]:
        mask: Inputs = {"mask": (self._part,)}
        regions = [(REGION, 0, RegionConfig(source="skill"), mask)]
        for number in range(self._asked.regions):
            region = RegionConfig(source="random", like="skill", seed=number)
            regions.append((RANDOM, number, region, mask))
        largest = RegionConfig(source="movement", sparsity=self._graft.sparsity)
        regions.append((MOVEMENT, 0, largest, {"finetuned": (self._tuned_part,)}))
        for name, number, region, inputs in regions:
            yield name, number, RetrainConfig(**_task(tuned), train=taught, region=region), inputs
        yield EVERYTHING, 0, tuned.model_copy(update={"train": taught}), {}

    def _seeds(self, line: Line) -> None:
        if self._tuned is None:
            self._refused[line] = "it is not known how the fine-tuned model was trained"
            return
        tuned = self._tuned
        for number, seed in enumerate(self._others(line, tuned), 1):
            graft = self._drawn_anew(number)
            if line is Line.data:
                task = {"task": tuned.task.model_copy(update={"data_seed": seed})}
                again = tuned.model_copy(update=task)
                other = graft.model_copy(
                    update={"task": graft.task.model_copy(update={"data_seed": seed})}
                )
            else:
                train = {"train": tuned.train.model_copy(update={"seed": seed})}
                again, other = tuned.model_copy(update=train), graft
            source = f"{line.name}-{seed}-tuned"
            if self._part_for(line, source, again, {}):
                self._add(line, f"{line.name}-{seed}", other, {"finetuned": (_named(source),)},
                          number=seed)  # fmt: skip

    def _drawn_anew(self, number: int) -> GraftConfig:
        """The graft with another seed, if it has a part in the region: with the same draws a random
        region is found again whatever the data are.
        """
        method = self._graft.chosen_by
        if method is None or "seed" not in method.uses:
            return self._graft
        return self._graft.model_copy(update={"seed": self._graft.seed + number})

    def _others(self, line: Line, tuned: FinetuneConfig) -> list[int]:
        count = self._asked.seeds
        if line is Line.model:
            return [tuned.train.seed + 1 + n for n in range(count)]
        listed = (*DATA_SEEDS, *range(max(DATA_SEEDS) + 1, max(DATA_SEEDS) + 60))
        return [seed for seed in listed if seed != tuned.task.data_seed][:count]

    def _size(self, line: Line) -> None:
        own = {"recover": self._asked.recover, "necessity": False}
        config = self._graft.model_copy(update=own)
        self._add(line, f"size-{REGION}", config, self._of_tuned())
        for number in range(self._asked.rankings):
            chance = own | {"localizer": RANDOM, "learn": True, "seed": self._graft.seed + number}
            config = self._graft.model_copy(update=chance)
            part = f"size-{RANDOM}-{number}"
            self._add(line, part, config, self._of_tuned(), region=RANDOM, number=number)

    def _of_tuned(self) -> Inputs:
        return {"finetuned": (self._tuned_part,)} if self._tuned_part else {}

    def _add(self, line: Line, part: str, config: RunConfig, inputs: Inputs, **about: Any) -> None:
        """A control run of a `line`."""
        if self._part_for(line, part, config, inputs):
            self._runs.append(ControlRun(_named(part), line, **about))

    def _part_for(self, line: Line, part: str, config: RunConfig, inputs: Inputs) -> bool:
        """A part that a `line` needs, itself a control run or not; whether it can run."""
        name = _named(part)
        if self._to_run and (trouble := kinds()[config.kind].check(config, inputs)):
            self._refused.setdefault(line, trouble[0])
            return False
        self._configs[name] = config
        self._inputs[name] = inputs
        return True

    def controls(self) -> Controls:
        """All of it."""
        parts = {name: _raw(config) for name, config in self._configs.items()}
        recipe = Recipe(
            self._recipe.name, self._recipe.title, parts,
            {name: config.kind for name, config in self._configs.items()},
            {name: given for name, given in self._inputs.items() if given}, Source.rerun,
        )  # fmt: skip
        own = frozenset(parts.keys() - self._recipe.parts.keys())
        return Controls(recipe, self._part, self._asked, tuple(self._runs), own, self._refused)


def _named(part: str) -> str:
    return f"evidence-{part}"


def _raw(config: RunConfig) -> Raw:
    return config.model_dump(mode="json", exclude={"kind"})


def _task(config: Any) -> dict[str, Any]:
    return {name: getattr(config, name) for name in ("model", "task", "demo", "freeze", "compute")}


def is_graft(kind: str) -> bool:
    """Whether there are cards of runs of that kind."""
    return kind == str(GraftConfig.model_fields["kind"].default)


def _graft(
    recipe: Recipe, wanted: EvidenceConfig, configs: Mapping[str, RunConfig]
) -> tuple[str, GraftConfig]:
    """The part that the card is of. Raises UsageError."""
    grafts = {part: c for part, c in configs.items() if isinstance(c, GraftConfig)}
    part = wanted.of or (next(iter(grafts)) if len(grafts) == 1 else "")
    if part in grafts:
        return part, grafts[part]
    named = f"of = {wanted.of!r} is no graft" if wanted.of else "it is not said of which graft"
    raise UsageError(
        f"Recipe {recipe.name}: [evidence]: {named}.",
        f"Give `of`: {' or '.join(grafts)}." if grafts else "Add a part that is a graft.",
    )
