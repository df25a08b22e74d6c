"""Configs: what a run is told to do, one frozen model a kind of run.

Owns the fields, their bounds, units and descriptions; the dashboard's form, `--set` and the
reference in docs/ are made from them. Refuses unknown keys. Reads no model and no data.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from engine.contract.identity import said_of, upgraded
from engine.contract.localizers import Localizer, localizers
from engine.contract.migrations import FIRST, VERSION, has_gone
from engine.contract.sections import (
    DemoConfig,
    ModelConfig,
    Registered,
    RunConfig,
    Section,
    TaskConfig,
)

__all__ = [
    "ComputeConfig",
    "DemoConfig",
    "FinetuneConfig",
    "Finetuned",
    "FreezeConfig",
    "GraftConfig",
    "ModelConfig",
    "Section",
    "TaskConfig",
    "TrainConfig",
]

# A fraction of the maskable weights, or (a whole number) a count of them.
Sparsity = Annotated[int, Field(ge=1, strict=True)] | Annotated[float, Field(gt=0, le=1)]

_NOT_HASHED: dict[str, Any] = {"hashed": False}


class FreezeConfig(Section):
    """What neither trains nor can be grafted; the rest are the maskable weights."""

    embeddings: bool = Field(True, description="Freeze token and position embeddings")
    head: bool = Field(True, description="Freeze the LM head (and a causal LM's last norm)")
    layers: int = Field(
        0, ge=0, description="Freeze the bottom N layers", json_schema_extra={"unit": "layers"}
    )
    all_but_biases: bool = Field(False, description="Freeze all but the biases (BitFit)")


class TrainConfig(Section):
    """Fine-tuning."""

    optimizer: Literal["sgd", "adamw"] = Field(
        "sgd", description="sgd: constant lr, no momentum; adamw: linear decay to 0"
    )
    lr: float = Field(1e-3, gt=0, description="Learning rate")
    steps: int = Field(
        1000, ge=1, description="Optimizer steps", json_schema_extra={"unit": "steps"}
    )
    batch_size: int = Field(
        4, ge=1, description="Examples an optimizer step", json_schema_extra={"unit": "examples"}
    )
    micro_batch: int = Field(
        0,
        ge=0,
        description="Examples a forward pass; 0: the whole batch",
        json_schema_extra={"unit": "examples"},
    )
    weight_decay: float = Field(1e-4, ge=0, description="Weight decay, not on biases and norms")
    clip: float = Field(1.0, ge=0, description="Clip the gradient's norm; 0: do not clip")
    l1: float = Field(
        0.0, ge=0, description="Weight of the l1 norm of (weights - pretrained weights) in the loss"
    )
    eval_every: int = Field(
        100, ge=1, description="Evaluate on dev", json_schema_extra={"unit": "steps"}
    )
    keep_untrained: bool = Field(
        True,
        description="The pretrained model is a candidate for best too; no: trained steps alone, "
        "as the reference has it",
        json_schema_extra={"since": 2, "origin": True},
    )
    keep: Literal["best", "last", "every"] = Field(
        "best",
        description="Checkpoint: best on dev (later wins ties), after the last step, or the best "
        "and one of every evaluation",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="Model seed: a linear head's start, dropout, order of examples",
    )


class ComputeConfig(Section):
    """Where and how it is computed."""

    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        json_schema_extra=_NOT_HASHED,
        description="auto (CUDA if there), cpu, cuda or cuda:N",
    )
    bf16: bool = Field(
        False,
        description="Forward and backward in bfloat16 autocast; a graft's model in bfloat16",
    )
    threads: int = Field(
        0,
        ge=0,
        le=4096,
        json_schema_extra={**_NOT_HASHED, "unit": "threads"},
        description="CPU threads; 0: torch's default",
    )
    batch_tokens: int = Field(
        0,
        ge=0,
        json_schema_extra={**_NOT_HASHED, "unit": "tokens"},
        description="Most tokens of a forward pass in evaluation and grafting, padding included; "
        "0: 1024 on a CPU, 16384 on a GPU",
    )
    save_logits: bool = Field(
        False, description="Write the logits of the test rows (logits.safetensors)"
    )


class Finetuned(Section):
    """The fine-tuned checkpoint a graft is cut from; a recipe's link fills it in."""

    path: str = Field("", description="Checkpoint folder", json_schema_extra=_NOT_HASHED)
    config_hash: str = Field("", description="Hash of the config it was trained with")


class FinetuneConfig(RunConfig):
    """Few-shot fine-tuning of a pretrained model."""

    kind: Literal["finetune"] = "finetune"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    train: TrainConfig = TrainConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()


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


def settings_of_some() -> tuple[str, ...]:
    """Fields of a graft's config that only some localizers use: each may be idle."""
    return tuple(name for name, info in GraftConfig.model_fields.items() if "idle" in said_of(info))


Config = Annotated[FinetuneConfig | GraftConfig, Field(discriminator="kind")]
KINDS: dict[str, type[Section]] = {"finetune": FinetuneConfig, "graft": GraftConfig}
_ADAPTER: TypeAdapter[FinetuneConfig | GraftConfig] = TypeAdapter(Config)


def parse(raw: dict[str, Any]) -> FinetuneConfig | GraftConfig:
    """The config in `raw`, as it is wanted now: of the present version, whatever it was before.

    Raises pydantic's ValidationError; `schema.explain` words it.
    """
    # One without a version was written by hand; some of 0.1 were saved so.
    version = FIRST if has_gone(raw) else VERSION
    # Through JSON, where a list will do for a tuple though types are strict.
    return _ADAPTER.validate_json(json.dumps(current({"version": version, **raw}), default=str))


def loads(text: str | bytes) -> FinetuneConfig | GraftConfig:
    """The config in a JSON text, such as config.json, of any version that is known here.

    Its `version` stays the one that it was written by. Raises ValidationError.
    """
    try:
        raw = json.loads(text)
        now = json.dumps(current(raw))
    except (ValueError, RecursionError):
        return _ADAPTER.validate_json(text)  # says what is wrong with it
    config = _ADAPTER.validate_json(now)
    return config.model_copy(update={"version": raw.get("version", FIRST)})


def current(raw: Any) -> Any:
    """A config of any version as the present one would have written it; others as they are."""
    model = KINDS.get(str(raw.get("kind"))) if isinstance(raw, dict) else None
    return upgraded(raw, model) if model else raw


def dumps(config: Section) -> str:
    """`config` as readable JSON; `loads` gives the same config back."""
    return config.model_dump_json(indent=2) + "\n"
