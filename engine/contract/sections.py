"""The sections that kinds of runs share: what is modelled, what is frozen, where it is computed.

Owns their fields, bounds, units and descriptions; the sections of one kind alone and the config
that they all make up are in kinds/. Reads no model and no data.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Protocol, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, field_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from engine.contract.migrations import FIRST, VERSION, is_newer, newer


class Section(BaseModel):
    """Base of all configs: immutable; unknown keys refused, and values of another type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=()
    )

    def idle(self) -> tuple[str, ...]:
        """Fields that have no part in what comes of this config, by what others say."""
        return ()


class RunConfig(Section):
    """Base of the configs of runs: one frozen model a kind, tagged by its name."""

    kind: str = ""

    version: int = Field(
        VERSION,
        ge=FIRST,
        description="By which it was written",
        json_schema_extra={"hashed": False},
    )

    @field_validator("version")
    @classmethod
    def _is_known(cls, version: int) -> int:
        if is_newer(version):
            raise ValueError(newer(version))
        return version


@dataclass(frozen=True, slots=True)
class Registered:
    """Annotation of a text: one of the names that are registered when it is validated."""

    names: Callable[[], Collection[str]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def _known(self, value: str) -> str:
        if value not in self.names():
            raise PydanticCustomError("not_registered", "Input should be a name that is registered")
        return value


Sparsity = Annotated[int, Field(ge=1, strict=True)] | Annotated[float, Field(gt=0, le=1)]
"""A fraction of the maskable weights, or (a whole number) a count of them."""


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

    name: str = Field("pocket-film", description="Task of `graftui tasks`, such as SST-2")
    type: Literal["prompt", "prompt-demo", "finetune", "autoregressive"] = Field(
        "prompt",
        description="prompt: masked LM fills in the label word; prompt-demo: with demonstrations; "
        "finetune: linear head; autoregressive: causal LM goes on with the answer",
    )
    head: Literal["cls", "mask", "mean"] = Field(
        "cls",
        description="What a linear head reads (finetune): the [CLS] token, the mask of the prompt, "
        "or the mean of all tokens",
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
    mode: Literal["k-shot", "k-shot-10x"] = Field(
        "k-shot", description="Where the shots are drawn here: dev of k, or of 10 k a class"
    )
    test_rows: int = Field(
        0,
        ge=0,
        description="Test on N rows, drawn once and for all; 0: all",
        json_schema_extra={"unit": "rows"},
    )
    also_test: tuple[str, ...] = Field(
        (), description="Tasks of the same labels whose test rows are scored too (shifted data)"
    )
    prompt: str = Field(
        "",
        description="Own prompt in LM-BFF's template language; several lines are averaged; "
        "empty: the task's",
    )
    label_words: dict[str, str] = Field(
        default_factory=dict, description="Own label words by label; empty: the task's"
    )
    prompt_file: str = Field(
        "", description="Prompts, one a line; with a tab and a mapping: label words too (LM-BFF)"
    )
    prompt_id: int = Field(0, ge=0, description="Line of prompt_file, from 0")
    top_prompts: int = Field(
        0, ge=0, description="Average over the first N lines of prompt_file; 0: prompt_id alone"
    )
    mapping_file: str = Field("", description="Mappings of labels to words, one a line (LM-BFF)")
    mapping_id: int = Field(0, ge=0, description="Line of mapping_file, from 0")
    max_length: int = Field(
        0,
        ge=0,
        description="Longest input, prompt included; 0: the task's own",
        json_schema_extra={"unit": "tokens"},
    )
    first_sent_limit: int = Field(
        0,
        ge=0,
        description="Longest first sentence; 0: the task's own",
        json_schema_extra={"unit": "tokens"},
    )
    other_sent_limit: int = Field(
        0,
        ge=0,
        description="Longest other sentence; 0: the task's own",
        json_schema_extra={"unit": "tokens"},
    )
    bos: bool = Field(
        False,
        description="Begin the prompt with what the tokenizer puts before a text, such as <bos> "
        "(autoregressive)",
        json_schema_extra={"since": 2, "origin": False},
    )
    truncate: Literal["tail", "head"] = Field(
        "tail",
        description="End at which the longest sentence of too long an input is cut; never the mask",
    )


class Finetuned(Section):
    """A fine-tuned checkpoint that a run reads; a recipe's link fills it in."""

    path: str = Field("", description="Checkpoint folder", json_schema_extra={"hashed": False})
    config_hash: str = Field("", description="Hash of the config it was trained with")


class DemoConfig(Section):
    """Demonstrations (task.type = prompt-demo): one answered example a class in each prompt."""

    samples: int = Field(
        16, ge=1, description="Contexts averaged at inference", json_schema_extra={"unit": "draws"}
    )
    filter: bool = Field(
        False, description="Draw from the examples most similar to the input (sentence embeddings)"
    )
    filter_rate: float = Field(
        0.5, gt=0, le=1, description="Share of each class's examples that the filter keeps"
    )
    filter_model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2",
        description="Model of the filter: hub name or folder of a sentence-transformers model",
    )
    double: bool = Field(
        False, description="Twice the longest input; sentence limits stay as they are"
    )


class FreezeConfig(Section):
    """What neither trains nor can be grafted; the rest are the maskable weights."""

    embeddings: bool = Field(True, description="Freeze token and position embeddings")
    head: bool = Field(True, description="Freeze the LM head (and a causal LM's last norm)")
    layers: int = Field(
        0, ge=0, description="Freeze the bottom N layers", json_schema_extra={"unit": "layers"}
    )
    all_but_biases: bool = Field(False, description="Freeze all but the biases (BitFit)")


class ComputeConfig(Section):
    """Where and how it is computed."""

    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        json_schema_extra={"hashed": False},
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
        json_schema_extra={"hashed": False, "unit": "threads"},
        description="CPU threads; 0: torch's default",
    )
    batch_tokens: int = Field(
        0,
        ge=0,
        json_schema_extra={"hashed": False, "unit": "tokens"},
        description="Most tokens of a forward pass in evaluation and grafting, padding included; "
        "0: 1024 on a CPU, 16384 on a GPU",
    )
    save_every_s: float = Field(
        300.0,
        ge=0,
        json_schema_extra={"hashed": False, "unit": "seconds", "since": 2, "origin": 300.0},
        description="Save where the run stands, so that `graftui resume` can go on from there; "
        "0: never",
    )
    memory_gib: float = Field(
        0.0,
        ge=0,
        json_schema_extra={"hashed": False, "unit": "GiB", "since": 2, "origin": 0.0},
        description="Memory of the host that the run is given room for; 0: by what such runs took",
    )
    gpu_memory_gib: float = Field(
        0.0,
        ge=0,
        json_schema_extra={"hashed": False, "unit": "GiB", "since": 2, "origin": 0.0},
        description="Memory of a GPU that the run is given room for; 0: by what such runs took",
    )
    save_logits: bool = Field(
        False, description="Write the logits of the test rows (logits.safetensors)"
    )


class OnTask(Protocol):
    """Configs of runs that put a task to a model."""

    @property
    def kind(self) -> str: ...
    @property
    def model(self) -> ModelConfig: ...
    @property
    def task(self) -> TaskConfig: ...
    @property
    def demo(self) -> DemoConfig: ...
    @property
    def freeze(self) -> FreezeConfig: ...
    @property
    def compute(self) -> ComputeConfig: ...


def on_task(config: RunConfig) -> TypeGuard[OnTask]:
    """Whether the run puts a task to a model: `isinstance`, once for all configs of a kind."""
    return _on_task(type(config))


@lru_cache
def _on_task(config: type[RunConfig]) -> bool:
    return {"model", "task", "demo", "freeze", "compute"} <= config.model_fields.keys()
