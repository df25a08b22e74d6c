"""Artifacts: checkpoint folders and logits, written beside their name and renamed."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors.torch import save

from engine.contract.layout import write_whole
from engine.contract.subjects import sparsity_of
from engine.models import AnswerModel, LinearModel
from engine.session import Session


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


def write_checkpoint(session: Session, folder: Path) -> None:
    """The session's model as it stands in a folder of its run directory, announced."""
    save_checkpoint(session.model, session.tokenizer, folder)
    session.wrote(folder.name, "checkpoint")


def save_logits(session: Session) -> None:
    """Write the logits of each stage on each test set, and the labels, as one file.

    `SPLIT.STAGE`, `SPLIT.labels`; of grafts of several sizes `SPLIT.STAGE.SPARSITY`.
    """
    tested = [group for group in session.answered if group.split != "dev"]
    several = len({sparsity_of(group.labels) for group in tested} - {None}) > 1
    tensors = {}
    for group in tested:
        size = sparsity_of(group.labels) if several else None
        name = f"{group.split}.{group.stage}" + ("" if size is None else f".{size}")
        tensors[name] = group.outcome.logits.contiguous()
        tensors[f"{group.split}.labels"] = group.outcome.labels.clone()
    write_whole(session.run_dir.logits, save(tensors))
    session.wrote(session.run_dir.logits.name, "logits")
