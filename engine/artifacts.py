"""Artifacts: checkpoint folders, written beside their name and renamed."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from engine.models import AnswerModel, LinearModel


def save_checkpoint(model: AnswerModel, tokenizer: Any, folder: Path) -> None:
    """The network (safetensors) and `tokenizer` as a folder for from_pretrained, put in place.

    An older checkpoint of that name is replaced.
    """
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        model.lm.save_pretrained(temporary)
        if isinstance(model, LinearModel):
            model.save_head(temporary)
        tokenizer.save_pretrained(temporary)
        temporary.chmod(0o755)  # mkdtemp's 0700 would shut out the rest of the group
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
