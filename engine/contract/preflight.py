"""What can be refused before a process starts: what is not there, a model of another kind, words
that no tokenizer of the model has, and settings that exclude each other though older versions took
them, so that their stored configs must be read.

Each check gives (message, hint), or None. Reads no weights and asks no hub: a model that is not on
this machine passes, and the engine looks at it.
"""

import os
from functools import lru_cache
from pathlib import Path

from engine.contract.catalog import CatalogError, tasks, unknown_task
from engine.contract.files import MissingFiles, first_test_file, on_hub, task_files
from engine.contract.gpus import check_device
from engine.contract.model_folder import (
    POCKET,
    Trouble,
    check_kind,
    check_layers,
    check_tokens,
    is_local,
    pocket_folder,
)
from engine.contract.once import once
from engine.contract.sections import OnTask, TaskConfig
from engine.contract.shifted import OtherLabels, translation
from engine.contract.task_spec import TaskSpec


def check_model(name: str) -> Trouble:
    """A pocket model or a local folder that is not there; hub names pass."""
    if name.startswith(POCKET):
        if pocket_folder(name).is_dir():
            return None
        known = sorted(f"{POCKET}{p.parent.name}" for p in pocket_folder("").glob("*/config.json"))
        return f"there is no pocket model {name!r}", f"there are {' and '.join(known)}"
    if is_local(name) and not (Path(os.path.expanduser(name)) / "config.json").is_file():
        return (
            f"model.name = {name!r}: there is no such folder with a config.json",
            "give the folder that save_pretrained wrote, or a hub name such as roberta-base",
        )
    return None


def check_task(name: str, data: str) -> Trouble:
    """A task that is not in the catalog, or one whose files are not said or not there."""
    try:
        spec = tasks().get(name)
    except CatalogError as error:
        return str(error), "mend that block, or move the file away"
    if spec is None:
        return unknown_task(name), "set task.name to one of them"
    if on_hub(data):
        return None if spec.hub else (f"{name} is not on the hub", "give a folder as task.data")
    if not data and not spec.home:
        return (
            f"the task {name} does not ship with graftui",
            "give its folder as task.data=DIR (LM-BFF's layout), or task.data=hub",
        )
    if data and not Path(os.path.expanduser(data)).is_dir():
        return f"task.data = {data!r}: there is no such folder", "check the path"
    return None


def check_files(task: TaskConfig) -> Trouble:
    """Files of the task, or of those of `also_test`, that are not there. The tasks are known."""
    spec = tasks()[task.name]
    if on_hub(task.data):
        return None
    try:
        files = task_files(task, spec)
        for name in task.also_test:
            first_test_file(task, spec, tasks()[name])
    except MissingFiles as error:
        return error.message, error.hint
    return None if files.dev else _too_few(task, spec, files.train)


def _too_few(task: TaskConfig, spec: TaskSpec, train: Path) -> Trouble:
    """Shots that a file cannot hold: each label needs task.k rows for train and one for dev."""
    rows = _lines(train, train.stat().st_mtime_ns) - spec.header
    classes = len(spec.labels)
    if rows >= classes * (task.k + 1):
        return None
    return (
        f"task.k = {task.k}: {train} has {rows} rows, too few to give each of {classes} labels so "
        "many for train and one for dev",
        f"set task.k to {max(1, rows // classes - 1)} or less",
    )


def check_words(task: TaskConfig) -> Trouble:
    """Labels, prompts and further tasks that the catalog does not have."""
    spec = tasks()[task.name]
    if unknown := [label for label in task.label_words if label not in spec.labels]:
        return (
            f"task.label_words: {spec.name} has no label {unknown[0]!r}",
            f"its labels are {', '.join(spec.labels)}",
        )
    default, merged = spec.prompting(task.type), label_words(task)
    words = list(merged.values())
    if task.label_words and (len(set(words)) < len(words) or "" in words):
        told = ", ".join(f"{label} = {word!r}" for label, word in merged.items())
        return f"task.label_words: the words are {told}", "give each label a word of its own"
    if default is None and not (task.prompt and task.label_words):
        return (
            f"{spec.name} has no {task.type} prompt of its own",
            "set task.prompt and task.label_words, or another task.type",
        )
    if strange := [name for name in task.also_test if name not in tasks()]:
        return f"task.also_test: {unknown_task(strange[0])}", ""
    try:
        for name in task.also_test:
            translation(tasks()[name], spec)
    except OtherLabels as error:
        return error.message, error.hint
    return None


@lru_cache(maxsize=16)
def _lines(path: Path, stamp: int) -> int:
    """Lines with something in them, at most so many rows; `stamp`: when it was last changed."""
    with path.open(encoding="latin-1") as file:  # whatever its bytes mean
        return sum(1 for line in file if line.strip())


def label_words(task: TaskConfig) -> dict[str, str]:
    """Label -> word, in the order of the classes: the task's own, changed by those given."""
    spec = tasks()[task.name]
    default = spec.prompting(task.type)
    words = {**(default.label_words if default else {}), **task.label_words}
    return {label: words[label] for label in spec.labels if label in words}


def check_prompt(task: TaskConfig) -> Trouble:
    """A prompt that is read at its mask, and has none or several. Its task is in the catalog."""
    if task.type == "autoregressive":
        told = f"prompt {task.prompt!r} has a *mask*, and a causal model goes on at its end"
        hint = "leave *mask* out, or set task.type=prompt"
        return (told, hint) if "*mask*" in task.prompt else None
    if task.type == "finetune" and task.head != "mask":
        return None
    prompt = task.prompt or tasks()[task.name].masked.prompt
    for line in prompt.split("\n"):
        if (masks := line.count("*mask*")) != 1:
            return (
                f"prompt {line!r} has {masks or 'no'} *mask*",
                "put one *mask* into task.prompt"
                if task.prompt
                else f"put one *mask* into the prompt of [{task.name}.masked], or set task.prompt",
            )
    return None


def _check_network(config: OnTask) -> Trouble:
    """What a model that lies here tells of itself."""
    masked = config.task.type in ("prompt", "prompt-demo")
    return (
        check_kind(config.model, config.task)
        or check_layers(config.model, config.freeze)
        or (check_tokens(config.model, label_words(config.task)) if masked else None)
    )


def check(config: OnTask) -> Trouble:
    """The first trouble of what is modelled, relative paths taken from the working directory."""
    sections = (config.model, config.task, config.freeze, config.compute)
    asked = ("preflight", *(section.model_dump_json() for section in sections))
    return once(asked, lambda: _check(config))


def _check(config: OnTask) -> Trouble:
    return (
        check_model(config.model.name)
        or check_task(config.task.name, config.task.data)
        or check_words(config.task)
        or check_prompt(config.task)
        or check_files(config.task)
        or check_device(config.compute.device)
        or _check_network(config)
    )
