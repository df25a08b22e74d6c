"""Configs: what a run is told to do, one frozen model a kind of run.

Owns the fields, their bounds, units and descriptions; the dashboard's form, `--set` and the
reference in docs/ are made from them. Refuses unknown keys. Reads no model and no data.
"""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

# A fraction of the maskable weights, or (a whole number) a count of them.
Sparsity = Annotated[int, Field(ge=1, strict=True)] | Annotated[float, Field(gt=0, le=1)]

_NOT_HASHED: dict[str, Any] = {"hashed": False}


class Section(BaseModel):
    """Base of all configs: immutable; unknown keys refused, and values of another type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=()
    )


class ModelConfig(Section):
    """The pretrained language model."""

    name: str = Field(
        "pocket:masked-lm",
        description="Hub name, local folder, or `pocket:masked-lm` / `pocket:causal-lm`",
    )
    revision: str = Field("main", description="Branch, tag or commit on the hub")
    trust_remote_code: bool = Field(
        False, description="Run Python code that comes with the model (only if you trust it)"
    )


class TaskConfig(Section):
    """The few-shot task and how it is put to the model."""

    name: str = Field("pocket-film", description="Task of the catalog, such as SST-2")
    type: Literal["prompt", "autoregressive"] = Field(
        "prompt", description="prompt: masked LM fills in the label word; autoregressive: causal LM"
    )
    data: str = Field(
        "",
        description="Folder in LM-BFF's layout, `hub`, or `hub:DATASET`; empty: the task's own",
    )
    k: int = Field(
        16,
        ge=1,
        description="Shots: training examples, and as many for dev",
        json_schema_extra={"unit": "a class"},
    )
    data_seed: int = Field(13, ge=0, lt=2**32, description="Seed of the few-shot sample")
    test_rows: int = Field(
        0, ge=0, description="Test on the first N rows; 0: all", json_schema_extra={"unit": "rows"}
    )
    prompt: str = Field(
        "", description="Own prompt in LM-BFF's template language; empty: the task's"
    )
    label_words: dict[str, str] = Field(
        default_factory=dict, description="Own label words by label; empty: the task's"
    )
    max_length: int = Field(
        128,
        ge=8,
        description="Longest input, prompt included",
        json_schema_extra={"unit": "tokens"},
    )


class FreezeConfig(Section):
    """What neither trains nor can be grafted; the rest are the maskable weights."""

    embeddings: bool = Field(True, description="Freeze token and position embeddings")
    head: bool = Field(True, description="Freeze the LM head (and a causal LM's last norm)")
    layers: int = Field(
        0, ge=0, description="Freeze the bottom N layers", json_schema_extra={"unit": "layers"}
    )


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
    eval_every: int = Field(
        100,
        ge=1,
        description="Evaluate on dev, keep the best checkpoint",
        json_schema_extra={"unit": "steps"},
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of dropout and of the order of examples")


class ComputeConfig(Section):
    """Where and how it is computed."""

    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        json_schema_extra=_NOT_HASHED,
        description="auto (CUDA if there), cpu, cuda or cuda:N",
    )
    bf16: bool = Field(False, description="Forward and backward in bfloat16 autocast")
    threads: int = Field(
        0,
        ge=0,
        le=4096,
        json_schema_extra={**_NOT_HASHED, "unit": "threads"},
        description="CPU threads; 0: torch's default",
    )
    eval_batch: int = Field(
        64,
        ge=1,
        json_schema_extra={**_NOT_HASHED, "unit": "examples"},
        description="Examples a forward pass in evaluation",
    )


class Finetuned(Section):
    """The fine-tuned checkpoint a graft is cut from; a recipe's link fills it in."""

    path: str = Field("", description="Checkpoint folder", json_schema_extra=_NOT_HASHED)
    config_hash: str = Field("", description="Hash of the config it was trained with")


class FinetuneConfig(Section):
    """Few-shot fine-tuning of a pretrained model."""

    kind: Literal["finetune"] = "finetune"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    train: TrainConfig = TrainConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()


class GraftConfig(Section):
    """Learning which few weights of the fine-tuned model carry the skill (paper, section 2)."""

    kind: Literal["graft"] = "graft"
    finetuned: Finetuned = Finetuned()
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    sparsity: Sparsity = Field(
        1e-4, description="Size of the base patch: a fraction of the maskable weights, or a count"
    )
    sparsities: tuple[Sparsity, ...] = Field(
        (), description="A curve: one graft for each, in one run; empty: `sparsity` alone"
    )
    steps: int = Field(
        50,
        ge=0,
        description="Mask updates; 0: the base patch alone",
        json_schema_extra={"unit": "steps"},
    )
    lr: float = Field(1e7, gt=0, description="Learning rate of the mask")
    examples: int = Field(
        1024,
        ge=1,
        description="Most training examples a mask update",
        json_schema_extra={"unit": "examples"},
    )
    micro_batch: int = Field(
        8, ge=1, description="Examples a forward pass", json_schema_extra={"unit": "examples"}
    )
    sigmoid_bias: float = Field(10.0, gt=0, description="b of sigmoid(S - b)")
    eval_every: int = Field(
        1,
        ge=1,
        description="Score the rounded mask on train + dev",
        json_schema_extra={"unit": "steps"},
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="Seed of the mask's start and of the order of examples"
    )

    @model_validator(mode="after")
    def _each_once(self) -> "GraftConfig":
        if len(set(self.sparsities)) != len(self.sparsities):
            raise ValueError("sparsities: the same value twice; give each sparsity once")
        return self

    @property
    def curve(self) -> tuple[float, ...]:
        """The sparsities to do, one or more."""
        return self.sparsities or (self.sparsity,)


Config = Annotated[FinetuneConfig | GraftConfig, Field(discriminator="kind")]
KINDS: dict[str, type[Section]] = {"finetune": FinetuneConfig, "graft": GraftConfig}
_ADAPTER: TypeAdapter[FinetuneConfig | GraftConfig] = TypeAdapter(Config)


def parse(raw: dict[str, Any]) -> FinetuneConfig | GraftConfig:
    """The config in `raw`. Raises pydantic's ValidationError; `schema.explain` words it."""
    # Through JSON, where a list will do for a tuple though types are strict.
    return _ADAPTER.validate_json(json.dumps(raw, default=str))


def loads(text: str | bytes) -> FinetuneConfig | GraftConfig:
    """The config in a JSON text, such as config.json. Raises ValidationError."""
    return _ADAPTER.validate_json(text)


def dumps(config: Section) -> str:
    """`config` as readable JSON; `loads` gives the same config back."""
    return config.model_dump_json(indent=2) + "\n"


def config_hash(config: Section) -> str:
    """Hex digest of what determines the result: where it is computed is left out.

    Fields at their defaults count too, so a later default does not change what a stored
    config means.
    """
    canonical = json.dumps(_hashed(config), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _hashed(section: Section) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("hashed") is False:
            continue
        value = getattr(section, name)
        kept[name] = _hashed(value) if isinstance(value, Section) else value
    return kept
