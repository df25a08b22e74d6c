"""Loading pretrained models and tokenizers: pocket, local folder, or the hub.

Weights are read from safetensors, or from a pickle with weights_only; code that comes with a
model runs only if the config asks for it.
"""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError

from engine.contract.model_folder import POCKET, is_local, pocket_folder
from engine.contract.preflight import check_model
from engine.contract.sections import ComputeConfig, ModelConfig
from engine.errors import ConfigError


def location(name: str) -> str:
    """What from_pretrained takes: a pocket model's folder, a local folder, or the hub name.

    Raises ConfigError for a folder that is not there.
    """
    if trouble := check_model(name):
        raise ConfigError(*trouble)
    if name.startswith(POCKET):
        return str(pocket_folder(name))
    return str(Path(name).expanduser()) if is_local(name) else name


def from_hub(name: str) -> bool:
    """Whether a model name means the hub, and so may take a while."""
    return not (name.startswith(POCKET) or is_local(name))


def tokenizer(model: ModelConfig) -> Any:
    """The model's tokenizer. Raises ConfigError if it cannot be had."""
    from transformers import AutoTokenizer

    return _fetch(AutoTokenizer, model)


def pretrained(model: ModelConfig, task_type: str, path: str = "") -> torch.nn.Module:
    """The network for a task type in float32, from `path` if given (a checkpoint).

    A language model with its LM head, or for task type finetune the encoder without one.
    Raises ConfigError if it cannot be had or is of the wrong kind for `task_type`.
    """
    import transformers

    auto = {
        "autoregressive": transformers.AutoModelForCausalLM,
        "finetune": transformers.AutoModel,
    }.get(task_type, transformers.AutoModelForMaskedLM)
    if path:
        model = model.model_copy(update={"name": path})
    loaded, report = _fetch(auto, model, dtype=torch.float32, output_loading_info=True)
    if getattr(loaded.config, "quantization_config", None):
        raise ConfigError(
            f"{model.name} is a quantised model: its weights cannot be trained or saved",
            "use the model's full-precision weights",
        )
    missing = set(report["missing_keys"])
    if task_type == "finetune" and hasattr(loaded, "pooler"):
        # BERT's: nothing reads it, and masked LMs come without; SqueezeBERT calls whatever is there
        loaded.pooler = torch.nn.Identity()
        missing = {name for name in missing if not name.startswith("pooler.")}
    if missing:
        raise ConfigError(
            f"{model.name} has no weights for {min(missing)}: they would be random",
            f"a task of type {task_type} needs a model trained as a language model of that kind",
        )
    _check_finite(loaded, model.name, tuned=bool(path))
    return loaded  # type: ignore[no-any-return]


def finetuned(
    model: ModelConfig, task_type: str, path: str, lm: torch.nn.Module
) -> torch.nn.Module:
    """The network in a checkpoint folder, which was tuned from the network `lm`.

    Raises ConfigError if it cannot be had, or has other weights than `lm`.
    """
    tuned = pretrained(model, task_type, path)
    shapes = {name: weight.shape for name, weight in tuned.named_parameters()}
    wrong = [name for name, p in lm.named_parameters() if shapes.get(name) != p.shape]
    if wrong:
        raise ConfigError(
            f"{path} is not a fine-tuned {model.name}: {wrong[0]} differs",
            "set model.name to the pretrained model that it was tuned from",
        )
    return tuned


def _check_finite(lm: torch.nn.Module, name: str, tuned: bool) -> None:
    """Raises ConfigError that names the first tensor with NaN or infinity in it."""
    for key, weight in lm.named_parameters():
        # One sum is all that a sound tensor costs.
        if not weight.sum().isfinite() and (wrong := int((~weight.isfinite()).sum())):
            raise ConfigError(
                f"the weights of {name} are not all numbers: {wrong:,} of the {weight.numel():,} "
                f"in {key} are NaN or infinite",
                "its fine-tuning diverged: fine-tune anew with a lower train.lr, or clip"
                if tuned else "copy the model anew, or take another one",
            )  # fmt: skip


def _fetch(auto: Any, model: ModelConfig, **options: Any) -> Any:
    where = location(model.name)
    try:
        return auto.from_pretrained(
            where, revision=model.revision, trust_remote_code=model.trust_remote_code, **options
        )
    except (OSError, SafetensorError, UnpicklingError) as error:
        raise ConfigError(*_unreachable(model.name, error)) from None
    except ValueError as error:
        raise ConfigError(
            f"{auto.__name__} cannot load {model.name}: {str(error).splitlines()[0][:200]}",
            "task.type=prompt takes masked LMs, task.type=autoregressive causal LMs",
        ) from None


def _unreachable(name: str, error: Exception) -> tuple[str, str]:
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    if not from_hub(name):
        return f"the model folder {name} cannot be read: {first[:200]}", "check that it is complete"
    return (
        f"the model {name!r} is not in the local cache and the hub did not give it: {first[:200]}",
        f"check the name; where the hub is out of reach, run `hf download {name}` on a machine "
        "that reaches it, copy the folder, and set model.name to its path",
    )


def device(compute: ComputeConfig) -> torch.device:
    """The device to compute on. Raises ConfigError if it is not there."""
    if compute.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    wanted = torch.device(compute.device)
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        there = torch.cuda.device_count()
        raise ConfigError(
            f"compute.device = {compute.device}: torch sees {there} CUDA devices",
            "set compute.device=auto, or see `graftui doctor`",
        )
    return wanted


def device_name(device: torch.device) -> str:
    """The device as a person knows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
