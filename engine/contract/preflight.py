"""What can be refused before a process starts: names and folders that are not there, and settings
that exclude each other though older versions took them, so that their stored configs must be read.

Each check gives (message, hint), or None. Reads no weights and asks no hub.
"""

import os
from pathlib import Path

from engine.contract.catalog import CatalogError, tasks, unknown_task
from engine.contract.config import FinetuneConfig, GraftConfig, TaskConfig
from engine.contract.files import MissingFiles, first_test_file, on_hub, task_files
from engine.contract.layout import shipped

POCKET = "pocket:"
Trouble = tuple[str, str] | None


def pocket_folder(name: str) -> Path:
    """Where the pocket model `pocket:NAME` lies."""
    return shipped() / "pocket" / name.removeprefix(POCKET)


def is_local(name: str) -> bool:
    """Whether a model name is a path: it begins like one, exists, or has more than one slash."""
    return name.startswith((".", "/", "~")) or Path(name).exists() or name.count("/") > 1


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
        task_files(task, spec)
        for name in task.also_test:
            first_test_file(task, spec, tasks()[name])
    except MissingFiles as error:
        return error.message, error.hint
    return None


def check_words(task: TaskConfig) -> Trouble:
    """Labels, prompts and further tasks that the catalog does not have."""
    spec = tasks()[task.name]
    if unknown := [label for label in task.label_words if label not in spec.labels]:
        return (
            f"task.label_words: {spec.name} has no label {unknown[0]!r}",
            f"its labels are {', '.join(spec.labels)}",
        )
    default = spec.prompting(task.type)
    merged = {**(default.label_words if default else {}), **task.label_words}
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
    return None


def check_prompt(task: TaskConfig) -> Trouble:
    """A prompt that is read at its mask, and has none or several. Its task is in the catalog."""
    if task.type == "autoregressive" or (task.type == "finetune" and task.head != "mask"):
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


def check_graft(config: GraftConfig) -> Trouble:
    """Settings of which one would have no effect."""
    if config.base_patch != "movement" and (config.sparsities or config.recover):
        what = "sparsities" if config.sparsities else "recover"
        return (
            f"graft.{what} does not go with graft.base_patch = a stored mask",
            f"a stored mask has one size; leave graft.{what} out",
        )
    if not config.learn and config.localizer not in ("learnt", "movement"):
        return (
            f"graft.learn = false evaluates the base patch alone, which is not chosen by "
            f"graft.localizer = {config.localizer}",
            "leave one of both out",
        )
    return None


def check(config: FinetuneConfig | GraftConfig) -> Trouble:
    """The first trouble of a config, relative paths taken from the working directory."""
    return (
        check_model(config.model.name)
        or check_task(config.task.name, config.task.data)
        or check_words(config.task)
        or check_prompt(config.task)
        or check_files(config.task)
        or (check_graft(config) if isinstance(config, GraftConfig) else None)
    )
