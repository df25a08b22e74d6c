"""Prompts and label words from files: LM-BFF's lists of templates and of mappings, one a line.

A template file holds templates; a prompt file `template<TAB>mapping`; a mapping file mappings,
such as {'0':'terrible','1':'great'}. Checks no template: that takes the engine.
"""

import ast
from pathlib import Path

from engine.contract.catalog import CatalogError, tasks
from engine.contract.sections import RunConfig, TaskConfig, on_task


class PromptFileError(ValueError):
    """A prompt or mapping file that cannot be used; says which line, and why."""


def in_config(config: RunConfig) -> RunConfig:
    """`config` with its task `resolved`, where it has one. Raises PromptFileError."""
    task = config.task if on_task(config) else None
    return config if task is None else config.model_copy(update={"task": resolved(task)})


def resolved(task: TaskConfig) -> TaskConfig:
    """`task` with what its files hold written into `prompt` and `label_words`, the files left out.

    So a stored config means the same when the files have changed. Several templates
    (top_prompts) become the lines of `prompt`. Raises PromptFileError.
    """
    prompt, words = task.prompt, task.label_words
    if task.prompt_file:
        if prompt:
            raise PromptFileError("task.prompt and task.prompt_file are both set; give one of them")
        prompt, mapped = _prompts(task)
        words = mapped | words
    elif task.prompt_id or task.top_prompts:
        raise PromptFileError("task.prompt_id and task.top_prompts need task.prompt_file")
    if task.mapping_file:
        line = _line(task.mapping_file, task.mapping_id, "task.mapping_id")
        words = _mapping(line, task.mapping_file) | words
    elif task.mapping_id:
        raise PromptFileError("task.mapping_id needs task.mapping_file")
    _check_labels(task.name, words, bool(task.prompt_file or task.mapping_file))
    taken = ("prompt_file", "prompt_id", "top_prompts", "mapping_file", "mapping_id")
    cleared = {name: TaskConfig.model_fields[name].default for name in taken}
    return task.model_copy(update={**cleared, "prompt": prompt, "label_words": words})


def _check_labels(name: str, words: dict[str, str], from_file: bool) -> None:
    """A mapping of a file has to name every label: else the task's own words would fill it up."""
    if not (from_file and words):
        return
    try:
        spec = tasks().get(name)
    except CatalogError as error:
        raise PromptFileError(str(error)) from None
    if spec is None:
        return
    if missing := [label for label in spec.labels if label not in words]:
        raise PromptFileError(
            f"the mapping {words} has no word for label {missing[0]!r} of {name}, whose labels "
            f"are {', '.join(spec.labels)}"
        )


def _prompts(task: TaskConfig) -> tuple[str, dict[str, str]]:
    file = task.prompt_file
    if task.top_prompts:
        lines = _lines(file)[: task.top_prompts]
        if len(lines) < task.top_prompts:
            raise PromptFileError(
                f"task.top_prompts = {task.top_prompts}, but {file} has {len(lines)} lines"
            )
    else:
        lines = [_line(file, task.prompt_id, "task.prompt_id")]
    pairs = [line.partition("\t") for line in lines]
    mappings = [_mapping(mapping, file) if mapping.strip() else {} for _, _, mapping in pairs]
    if any(mapping != mappings[0] for mapping in mappings):
        raise PromptFileError(
            f"the first {len(lines)} prompts of {file} do not have the same label words, so they "
            "cannot be averaged; choose one with task.prompt_id"
        )
    return "\n".join(template.strip() for template, _, _ in pairs), mappings[0]


def _lines(file: str) -> list[str]:
    try:
        text = Path(file).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise PromptFileError(
            f"the prompt or mapping file {file} cannot be read: {error.strerror}"
        ) from None
    except UnicodeDecodeError as error:
        raise PromptFileError(f"{file} is not UTF-8: {error}") from None
    return [line for line in text.splitlines() if line.strip()]


def _line(file: str, number: int, setting: str) -> str:
    lines = _lines(file)
    if number >= len(lines):
        raise PromptFileError(
            f"{setting} = {number}: {file} has {len(lines)} lines, numbered from 0"
        )
    return lines[number]


def _mapping(text: str, file: str) -> dict[str, str]:
    try:
        mapping = ast.literal_eval(text.strip())
        return {str(label): word for label, word in mapping.items() if _is_word(word)}
    except (ValueError, TypeError, SyntaxError, AttributeError, RecursionError, MemoryError):
        raise PromptFileError(
            f"{file}: {text.strip()[:80]!r} is not a mapping such as {{'0':'bad','1':'good'}}"
        ) from None


def _is_word(word: object) -> bool:
    if not isinstance(word, str):
        raise ValueError(word)
    return True
