"""Known answers: what a model said to rows, kept for all runs that would ask it the same.

A sweep asks the pretrained model, each fine-tuned one and each base patch many times over. Owns
data/cache/answers/, and what makes a question the same: the weights as they lie in memory, the
tokens, and all else that the last bit may hang on; no name and no path counts. A file is believed
where it was written for that question and is whole. Whatever is wrong with files costs the time to
compute it again, and no more.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import xxhash
from torch import nn

from engine.batches import Example
from engine.contract.layout import read_whole, write_whole
from engine.contract.provenance import HARDWARE, RANDOM, Provenance
from engine.evaluate import Evaluator, Outcome
from engine.models import AnswerModel
from engine.provenance import digest_of_engine, machine
from engine.training.generators import generators
from engine.versions import versions

FORMAT = 1
MOST_BYTES = 256 << 20
"""Of all files; past it the least recently used go, until half is left."""
LEAST_TOKENS = 30_000
"""Of a question to a model on a GPU: one of less is answered before its weights are on the host to
be hashed. A CPU hashes them in the time of about twelve tokens."""
_ALIGNED = 64
"""Bytes: kernels of a CPU may add up in another order where memory begins elsewhere."""
_VARIABLES = (
    "ATEN_", "CUBLAS_", "CUDNN_", "DNNL_", "GOMP_", "KMP_", "MKL_", "NVIDIA_TF32_OVERRIDE", "OMP_",
    "ONEDNN_", "OPENBLAS_", "TORCH_",
)  # fmt: skip
"""Beginnings of those of the environment that choose kernels."""
_NOT_COMPUTED_BY = (
    "_name_or_path",
    "architectures",
    "dtype",
    "torch_dtype",
    "transformers_version",
)
"""What a network's config says of its file."""


class KnownAnswers:
    """The answers that one run asks for and gives."""

    def __init__(self, folder: Path, run: str, circumstances: Any) -> None:
        """`run`: its name, for others to say whose answers they took. `circumstances`: `here`."""
        self._folder, self._run, self._circumstances = folder, run, circumstances

    def ask(
        self,
        evaluate: Evaluator,
        rows: Sequence[Example],
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Outcome, str]:
        """What `evaluate(rows, progress)` gives, bit for bit, and the run that computed it, empty
        where that is this one. Raises Cancelled.
        """
        if evaluate.device.type != "cpu" and sum(len(row.ids) for row in rows) < LEAST_TOKENS:
            return evaluate(rows, progress), ""
        question = key(self._circumstances, evaluate, rows)
        path = self._folder / question
        shape = len(rows) // evaluate.data.contexts
        if known := _read(path, question, shape):
            with suppress(OSError):
                os.utime(path)  # it was of use
            logits, source = known
            return Outcome(logits, evaluate.labels(rows), evaluate.data.metric), source
        before = _drawn()
        outcome = evaluate(rows, progress)
        # A network that draws at random answers otherwise next time, and moves on all that draws.
        if before == _drawn() and outcome.logits.dtype == torch.float32:
            self._keep(path, question, outcome.logits)
        return outcome, ""

    def _keep(self, path: Path, question: str, logits: torch.Tensor) -> None:
        with suppress(OSError):  # a full disk, or a folder that may not be written to
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, _file(question, self._run, logits))
            _trim(self._folder)


def here(device: torch.device, computing: Provenance) -> Any:
    """What answers hang on beside the question: code, packages, processor, threads, kernels.

    `computing`: what provenance.computing says.
    """
    return {
        "format": FORMAT,
        "engine": digest_of_engine(),
        "packages": {**versions(), "torch": torch.__version__},
        "device": device.type,
        "cpu": machine.hardware()["cpu"],
        **{name: computing[name] for name in (HARDWARE, RANDOM)},
        "environment": {n: v for n, v in sorted(os.environ.items()) if n.startswith(_VARIABLES)},
    }


def key(circumstances: Any, evaluate: Evaluator, rows: Sequence[Example]) -> str:
    """Of a question: 32 hex digits."""
    whole = xxhash.xxh3_128()
    data = evaluate.data
    asked = {
        "circumstances": circumstances,
        "tokens": evaluate.tokens,
        "bf16": evaluate.bf16,
        "pad": data.pad_id,
        "contexts": data.contexts,
        "model": _form(evaluate.model),
    }
    whole.update(json.dumps(asked, sort_keys=True, default=repr).encode())
    for row in rows:
        whole.update(repr((row.ids, row.answer, row.segments, row.label)).encode())
    for piece in _weights(evaluate.model):
        whole.update(piece)
    return whole.hexdigest()


def _form(model: AnswerModel) -> Any:
    """What a model computes with its weights."""
    config = {n: v for n, v in model.lm.config.to_dict().items() if n not in _NOT_COMPUTED_BY}
    attention = getattr(model.lm.config, "_attn_implementation", None)
    classes = [f"{type(part).__module__}.{type(part).__qualname__}" for part in (model, model.lm)]
    return [*classes, model.form, config, attention]


def _weights(model: nn.Module) -> Iterator[Any]:
    """Each tensor that the model holds: how it lies in memory, and its bytes."""
    for tensors in (model.named_parameters(), model.named_buffers()):
        for name, tensor in tensors:
            at = tensor.data_ptr() % _ALIGNED
            yield f"{name} {tensor.dtype} {tensor.shape} {tensor.stride()} {at}".encode()
            flat = tensor.detach().cpu().contiguous().flatten()
            yield flat.view(torch.uint8).numpy().data


def _drawn() -> Any:
    """Where all random generators stand."""
    states = generators()
    return {
        **states,
        "torch": states["torch"].tolist(),
        "cuda": [state.tolist() for state in states["cuda"]],
    }


def _file(question: str, run: str, logits: torch.Tensor) -> bytes:
    """Its digest, a line about it, and the logits as little-endian float32."""
    about = {"question": question, "run": run, "shape": list(logits.shape)}
    body = json.dumps(about).encode() + b"\n" + logits.numpy().astype("<f4").tobytes()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _read(path: Path, question: str, rows: int) -> tuple[torch.Tensor, str] | None:
    """The logits (rows, classes) and whose they are; None where no file can be believed."""
    try:
        digest, _, body = read_whole(path).partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        head, _, values = body.partition(b"\n")
        about = json.loads(head)
        if about["question"] != question:
            return None
        logits = torch.frombuffer(bytearray(values), dtype=torch.float32).view(about["shape"])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None
    return (logits, str(about["run"])) if logits.ndim == 2 and len(logits) == rows else None


def _trim(folder: Path) -> None:
    """Keep all files together within bounds."""
    seen = [(entry.stat(), entry.path) for entry in os.scandir(folder)]
    total = sum(stat.st_size for stat, _ in seen)
    if total <= MOST_BYTES:
        return
    for stat, path in sorted(seen, key=lambda pair: pair[0].st_mtime_ns):
        if total <= MOST_BYTES // 2:
            return
        os.unlink(path)
        total -= stat.st_size
