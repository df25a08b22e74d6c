"""Where the files of a model lie."""

from pathlib import Path

from engine import loading
from engine.errors import ConfigError

_WANTED = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*.safetensors"]


def folder_of(name: str) -> Path:
    """Where a model's files lie; of the hub they are fetched. Raises ConfigError."""
    where = loading.location(name)
    if not loading.from_hub(name):
        return Path(where)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(where, allow_patterns=_WANTED))
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the model {name!r} is not in the local cache and the hub did not give it: {first}",
            "check the name, or give the path of its folder",
        ) from None
