"""A checkpoint folder's language model without its weights, from its config alone."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.errors import ConfigError


def blueprint(folder: Path) -> nn.Module:
    """The language model of a folder's config, without weights (on torch's meta device).

    A causal LM if the config says so, else a masked one, as of an encoder with a linear head.
    Raises ConfigError.
    """
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL

    try:
        config = transformers.AutoConfig.from_pretrained(folder)
        causal = (config.architectures or [""])[0] in CAUSAL.values()
        auto = transformers.AutoModelForCausalLM if causal else transformers.AutoModelForMaskedLM
        with torch.device("meta"):
            lm: Any = auto.from_config(config)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} is no causal or masked language model: {str(error).splitlines()[0][:200]}",
            "give folders that save_pretrained wrote, with their config.json",
        ) from None
    config.pad_token_id = None  # else transformers looks for padding, where no numbers are
    if hasattr(lm, "set_experts_implementation"):
        lm.set_experts_implementation("batched_mm")  # the others look at numbers, or want bfloat16
    return lm  # type: ignore[no-any-return]
