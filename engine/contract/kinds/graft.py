"""Graft: which few weights of the fine-tuned model carry the skill."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.contract import preflight
from engine.contract.identity import said_of
from engine.contract.kinds import Kind, Reason, Role, Trouble, register_kind
from engine.contract.localizers import Localizer, localizers
from engine.contract.made_from import FINETUNED, MODEL, check_finetuned
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    Finetuned,
    FreezeConfig,
    ModelConfig,
    Registered,
    RunConfig,
    Sparsity,
    TaskConfig,
)


class GraftConfig(RunConfig):
    """Learning which few weights of the fine-tuned model carry the skill (paper, section 2)."""

    kind: Literal["graft"] = "graft"
    finetuned: Finetuned = Finetuned()
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    sparsity: Sparsity = Field(
        1e-4, description="Size of the base patch: a fraction of the maskable weights, or a count"
    )
    sparsities: tuple[Sparsity, ...] = Field(
        (), description="A curve: one graft for each, in one run; empty: `sparsity` alone"
    )
    base_patch: str = Field(
        "movement",
        description="Where the base patch comes from: movement (the weights that moved most), or "
        "a stored mask (the path of a skill file, or a run's id)",
    )
    localizer: Annotated[str, Registered(localizers)] = Field(
        "learnt", description="How the weights of the graft are chosen (docs/localizers.md)"
    )
    recover: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Find the smallest graft with this recovery, by bisection; 0: use sparsity",
    )
    necessity: bool = Field(
        False,
        description="Also score the fine-tuned model without the graft's weights, and without as "
        "many random ones",
    )
    learn: bool = Field(True, description="Learn the mask; no: evaluate the base patch alone")
    steps: int = Field(
        50,
        ge=1,
        description="Mask updates (graft.learn=false: none)",
        json_schema_extra={"idle": 50, "unit": "steps"},
    )
    lr: float = Field(
        0.0,
        ge=0,
        description="Learning rate of the learnt mask (paper: 1e7); 0: so that about as many "
        "weights as the base patch has can cross in `steps`, and no update overshoots",
        json_schema_extra={"idle": 0.0},
    )
    examples: int = Field(
        1024,
        ge=1,
        description="Most training examples a mask update",
        json_schema_extra={"idle": 1024, "unit": "examples"},
    )
    sigmoid_bias: float = Field(
        10.0, gt=0, description="b of sigmoid(S - b)", json_schema_extra={"idle": 10.0}
    )
    eval_every: int = Field(
        1,
        ge=1,
        description="Score the rounded mask on train + dev",
        json_schema_extra={"idle": 1, "unit": "steps"},
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="Seed of the mask's start and of the order of examples",
        json_schema_extra={"idle": 0},
    )

    @model_validator(mode="after")
    def _each_once(self) -> "GraftConfig":
        if len(set(self.sparsities)) != len(self.sparsities):
            raise ValueError("sparsities: the same value twice; give each sparsity once")
        if self.recover and self.sparsities:
            raise ValueError("recover: finds one sparsity; leave sparsities out")
        return self

    @property
    def chosen_by(self) -> Localizer | None:
        """What chooses the weights; None where the base patch alone is evaluated."""
        return localizers()[self.localizer] if self.learn else None

    def idle(self) -> tuple[str, ...]:
        """Settings of other localizers than the chosen one."""
        used = set(self.chosen_by.uses) if self.chosen_by else set()
        used |= {"seed"} if self.necessity else set()  # of the random weights beside the graft
        return tuple(name for name in settings_of_some() if name not in used)

    @property
    def curve(self) -> tuple[float, ...]:
        """The sparsities to do, one or more."""
        return self.sparsities or (self.sparsity,)


@lru_cache
def settings_of_some() -> tuple[str, ...]:
    """Fields of a graft's config that only some localizers use: each may be idle."""
    return tuple(name for name, info in GraftConfig.model_fields.items() if "idle" in said_of(info))


def _check(config: GraftConfig, linked: Collection[str]) -> Trouble:
    return (
        preflight.check(config)
        or check_settings(config)
        or (None if "finetuned" in linked else check_finetuned(config.finetuned.path))
    )


def check_settings(config: GraftConfig) -> Trouble:
    """Settings of which one would have no effect."""
    if config.base_patch != "movement" and (config.sparsities or config.recover):
        what = "sparsities" if config.sparsities else "recover"
        return (
            f"graft.{what} does not go with graft.base_patch = a stored mask",
            f"a stored mask has one size; leave graft.{what} out",
        )
    chosen = localizers()[config.localizer]
    default = GraftConfig.model_fields["localizer"].default
    if not config.learn and chosen.name != default and (chosen.scorer or chosen.learner):
        return (
            f"graft.learn = false evaluates the base patch alone, which is not chosen by "
            f"graft.localizer = {config.localizer}",
            "leave one of both out",
        )
    return None


def _check_given(
    config: GraftConfig, recipe: Collection[str], overrides: Collection[str]
) -> Trouble:
    """Settings of other localizers than the chosen one. What a recipe says for its own localizer
    is no fault where an override chooses another: it is said (`_idle`)."""
    if not config.learn:
        return None
    given = overrides if "graft.localizer" in overrides else {*recipe, *overrides}
    idle = [name for name in config.idle() if f"graft.{name}" in given]
    if not idle:
        return None
    verb = "is" if len(idle) == 1 else "are"
    return (
        f"{' and '.join(f'graft.{name}' for name in idle)} {verb} not used by "
        f"graft.localizer = {config.localizer}",
        f"leave out what it does not use; {'; '.join(map(_users, idle))}",
    )


def _users(name: str) -> str:
    users = [entry.name for entry in localizers().values() if name in entry.uses]
    return f"graft.{name} is for {', '.join(users)}"


def _idle(config: GraftConfig) -> Iterator[Reason]:
    beside = f"graft.localizer = {config.localizer}" if config.learn else "graft.learn = no"
    yield tuple(f"graft.{name}" for name in config.idle()), beside
    if config.sparsities:
        yield ("graft.sparsity",), "graft.sparsities"
    elif config.recover:
        yield ("graft.sparsity",), f"graft.recover = {config.recover:g}"
    elif config.base_patch != "movement":
        yield ("graft.sparsity",), "graft.base_patch = a stored mask"


register_kind(
    Kind(
        config=GraftConfig,
        title="Which few weights of the fine-tuned model carry the skill",
        roles=(
            FINETUNED,
            Role(
                name="base_patch",
                setting="base_patch",
                file="skill.safetensors",
                of=("graft", "retrain"),
                named=True,
            ),
            MODEL,
        ),
        stages=(
            "pretrained",
            "finetuned",
            "base_patch",
            "learnt_graft",
            "knocked_out",
            "knocked_out_random",
        ),
        check=_check,
        check_given=_check_given,
        idle=_idle,
    )
)
