"""Which files of the user's a run reads: its data, and models of their own on disk.

What ships with graftui or comes from the hub is not among them. Reads none of them.
"""

import os
from pathlib import Path

from engine.contract.catalog import tasks
from engine.contract.files import first_test_file, on_hub, task_files
from engine.contract.model_folder import POCKET, is_local
from engine.contract.once import once
from engine.contract.sections import OnTask, RunConfig, TaskConfig, on_task

_OF_MODELS = (".json", ".txt", ".model", ".spm", ".tiktoken", ".jinja", ".py")
"""Beside weights: configuration, tokenizers, and code that comes with a model."""


def input_files(config: RunConfig) -> list[Path]:
    """The files, as the config has their paths. Raises MissingFiles or CatalogError."""
    if not on_task(config):
        return []
    sections = (config.model, config.task, config.demo)
    asked = ("files", *(section.model_dump_json() for section in sections))
    return once(asked, lambda: _input_files(config))


def _input_files(config: OnTask) -> list[Path]:
    filtered = config.task.type == "prompt-demo" and config.demo.filter
    models = (config.model.name, *([config.demo.filter_model] if filtered else ()))
    return [*(file for name in models for file in _model(name)), *_data(config.task)]


def _data(task: TaskConfig) -> list[Path]:
    if on_hub(task.data):
        copy = task.data.removeprefix("hub").lstrip(":")
        return _below(Path(os.path.expanduser(copy))) if copy else []
    if not task.data:
        return []
    spec = tasks()[task.name]
    others = [tasks()[name] for name in task.also_test]
    return [*task_files(task, spec).all, *(first_test_file(task, spec, o) for o in others)]


def _below(copy: Path) -> list[Path]:
    """The files of a copy of a dataset, but for hidden ones; none where it is a name of the hub."""
    files = (path for path in copy.rglob("*") if path.is_file())
    return sorted(path for path in files if "/." not in f"/{path.relative_to(copy)}")


def _model(name: str) -> list[Path]:
    """What `from_pretrained` may read of a model's folder."""
    folder = Path(os.path.expanduser(name))
    if name.startswith(POCKET) or not is_local(name) or not folder.is_dir():
        return []
    files = sorted(path for path in folder.iterdir() if path.is_file())
    weights = [path for path in files if path.suffix == ".safetensors"]
    weights = weights or [path for path in files if path.suffix == ".bin"]
    return weights + [path for path in files if path.suffix in _OF_MODELS]
