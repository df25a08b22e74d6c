"""What `tasks`, `model` and `data` print: the catalog, and what the engine answers about it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.contract import preflight
from engine.contract.catalog import CatalogError, Prompting, TaskSpec, tasks, unknown_task
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.layout import shipped
from engine.contract.model_folder import POCKET
from engine.contract.questions.catalog import (
    AskModelParts,
    AskTaskPrompt,
    ModelParts,
    PartSize,
    TaskPrompt,
    WriteKshot,
)
from engine.contract.sections import ModelConfig
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.planning.recipes import config_of
from graftui.scheduler.questions import ask
from graftui.settings import Settings
from graftui.show import tables
from graftui.terminal import Console, Table, Text

_WIDE = 110
"""Columns of a terminal in which the list of tasks has room for label words."""


def listing(console: Console, json: bool) -> None:
    """All tasks, a line each. Raises UsageError for a broken file of the user's own."""
    specs, origins = _tasks(), _origins()
    if json:
        whole = [_dumped(spec, origins[spec.name]) for spec in specs.values()]
        send_json(whole)
        return
    console.print(_listed(specs.values(), origins, console.width))
    console.print("`graftui tasks show NAME` shows one with a real prompt", style="dim")


def task(
    settings: Settings,
    console: Console,
    name: str,
    model: str,
    data: str,
    sets: Sequence[str],
    json: bool,
) -> None:
    """A task's entry and, where model and data are known, its first prompt in tokens."""
    raw = {"model": {"name": model}, "task": {"name": name, "data": data}}
    config = config_of(FinetuneConfig, raw, sets)
    spec = _spec(config.task.name)
    if spec.home and not config.model.name:
        config = config.model_copy(update={"model": _pocket(config)})
    missing = [] if config.model.name else ["--model NAME"]
    if not (config.task.data or spec.home):
        missing.append("--data DIR" + (" or --data hub" if spec.hub else ""))
    trouble = preflight.check_prompt(config.task)
    example = None if missing or trouble else _example(config, settings)
    origin = _origins()[spec.name]
    if json:
        dumped = example and example.model_dump(exclude={"name"})
        whole = {"task": _dumped(spec, origin), "example": dumped, "trouble": trouble}
        send_json(whole)
        return
    _print_entry(spec, origin, console)
    if trouble:
        console.print(Text(f"\n✗ {trouble[0]}: {trouble[1]}", "red"))
    elif example:
        _print_example(example, config, console)
    else:
        console.print(f"\nGive {' and '.join(missing)} to see its prompt with a real example.")


def model(
    settings: Settings,
    console: Console,
    name: str,
    task_type: str,
    sets: Sequence[str],
    json: bool,
) -> None:
    """Which weights of a model would train and could be grafted."""
    raw = {"model": {"name": name}, "task": {"type": task_type}}
    config = config_of(FinetuneConfig, raw, sets)
    if trouble := preflight.check_model(config.model.name):
        raise UsageError(*trouble)
    question = AskModelParts(model=config.model, task=config.task, freeze=config.freeze)
    parts = ask(question, settings)
    if json:
        send_json(parts.model_dump(exclude={"name"}))
        return
    ties = {True: "tied to the word embeddings", False: "of their own", None: "none (no LM head)"}
    console.print(Text.assemble((config.model.name, "bold"), f"  {parts.family}"))
    console.print(f"output weights: {ties[parts.tied]}")
    console.print(_parts(parts))
    if config.task.type == "finetune":
        console.print("The linear head is new: it always trains, and is no part of a graft.")


def kshot(
    settings: Settings,
    console: Console,
    name: str,
    shots: dict[str, Any],
    seeds: Sequence[int],
    source: str,
    out: Path | None,
) -> None:
    """Write the few-shot folders of a task, one a seed. `shots`: k and mode."""
    config = config_of(FinetuneConfig, {"task": {"name": name, "data": source, **shots}}, ())
    spec = _spec(name)
    if not (source or spec.home):
        raise UsageError(
            f"{name} does not ship with graftui.",
            "Give the folder of its original files as --data DIR"
            + (", or --data hub." if spec.hub else "."),
        )
    if trouble := preflight.check_task(name, source):
        raise UsageError(*trouble)
    target = str(out or Path("data", config.task.mode))
    question = WriteKshot(task=config.task, seeds=tuple(seeds), out=target)
    for file in ask(question, settings).files:
        console.print(file, soft_wrap=True)


def _tasks() -> dict[str, TaskSpec]:
    try:
        return tasks()
    except CatalogError as error:
        raise UsageError(str(error), "Mend that block, or move the file away.") from None


def _spec(name: str) -> TaskSpec:
    spec = _tasks().get(name)
    if spec is None:
        raise UsageError(unknown_task(name), "`graftui tasks` lists them.")
    return spec


def _origins() -> dict[str, str]:
    """Where the data of each task comes from, or that the task is the user's own."""
    ships = tasks(shipped() / "tasks")

    def origin(spec: TaskSpec) -> str:
        if ships.get(spec.name) != spec:
            return "own file"
        return "ships" if spec.home else "hub" if spec.hub else "--data DIR"

    return {name: origin(spec) for name, spec in _tasks().items()}


def _pocket(config: FinetuneConfig) -> ModelConfig:
    kind = "causal" if config.task.type == "autoregressive" else "masked"
    return config.model.model_copy(update={"name": f"{POCKET}{kind}-lm"})


def _example(config: FinetuneConfig, settings: Settings) -> TaskPrompt:
    if trouble := preflight.check(config):
        raise UsageError(*trouble)
    question = AskTaskPrompt(model=config.model, task=config.task, demo=config.demo)
    return ask(question, settings)


def _dumped(spec: TaskSpec, origin: str) -> dict[str, Any]:
    return {**spec.model_dump(mode="json"), "from": origin}


def _listed(specs: Iterable[TaskSpec], origins: dict[str, str], width: int) -> Table:
    """One line a task; label words only where there is room for them."""
    columns = ["task", "what it is", "label words", "metric", "causal", "data"]
    if width < _WIDE:
        columns.remove("label words")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for spec in specs:
        # Cells that are cut, in columns that may shrink: the others keep their width.
        cells: dict[str, str | Text] = {
            "task": spec.name,
            "what it is": _cut(spec.title),
            "label words": _cut(_words(spec.masked)),
            "metric": spec.metric,
            "causal": "yes" if spec.causal else "no",
            "data": origins[spec.name],
        }
        table.add_row(*(cells[column] for column in columns))
    return table


def _cut(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _words(prompting: Prompting) -> str:
    return ", ".join(f"{label} {word.strip()}" for label, word in prompting.label_words.items())


def _print_entry(spec: TaskSpec, origin: str, console: Console) -> None:
    console.print(Text.assemble((spec.name, "bold"), f"  {spec.title}"))
    folder = spec.folder or spec.name
    places = [f"text {', '.join(map(str, spec.text))}", f"label {spec.label}"]
    places += [f"only rows with {column} = {value}" for column, value in spec.where.items()]
    limits = {"input": spec.max_length, "first sentence": spec.first_sent_limit,
              "other sentence": spec.other_sent_limit}  # fmt: skip
    about = {
        "data": origin,
        "hub": " ".join(filter(None, (spec.hub.path, spec.hub.config))) if spec.hub else "",
        "original files": _files(spec, folder, ["train", *spec.original.values()]),
        "k-shot files": _files(spec, f"{folder}/K-SEED", ["train", spec.dev, *spec.tests.values()]),
        "columns": "; ".join(places) + (", below a header" if spec.header else ""),
        "metric": spec.metric,
        "scores": "from {:g} to {:g}".format(*spec.bounds) if spec.bounds else "",
        "limits": ", ".join(f"{what} {n} tokens" for what, n in limits.items() if n),
        "masked prompt": spec.masked.prompt,
        "masked words": _words(spec.masked),
        "causal prompt": spec.causal.prompt if spec.causal else "",
        "causal words": _words(spec.causal) if spec.causal else "",
    }
    console.print(tables.settings({name: text for name, text in about.items() if text}))


def _files(spec: TaskSpec, folder: str, stems: Sequence[str]) -> str:
    return f"{folder}/ " + ", ".join(f"{stem}.{spec.format}" for stem in stems)


def _print_example(example: TaskPrompt, config: FinetuneConfig, console: Console) -> None:
    head = ("\nfirst training example", "bold")
    console.print(Text.assemble(head, f", for {config.model.name}"))
    console.print(_line(example.text), soft_wrap=True)
    where = "mean of all" if example.reads is None else f"token {example.reads}, in brackets"
    console.print(f"{len(example.ids)} tokens; the answer is read at: {where}", style="dim")
    console.print(_token_line(example.ids, example.tokens, example.reads))
    console.print(f"label: {example.label}")
    for answer in example.classes:
        word = f"{_line(answer.word)} = " if answer.ids else "no word: a linear head"
        line = Text(f"  {answer.label}: {word}").append(_token_line(answer.ids, answer.tokens))
        line.stylize("bold" if answer.label == example.label else "")
        console.print(line)


def _line(text: str) -> str:
    return text.replace("\n", "\\n")


def _token_line(ids: Sequence[int], tokens: Sequence[str], marked: int | None = None) -> Text:
    """`id:token` of each; the marked one in brackets."""
    line = Text()
    for index, (number, token) in enumerate(zip(ids, tokens, strict=True)):
        pair = f"{number}:{_line(token)}"
        line.append("  " if index else "")
        line.append(f"[{pair}]" if index == marked else pair,
                    "bold reverse" if index == marked else "")  # fmt: skip
    return line


def _parts(model: ModelParts) -> Table:
    table = Table(header_style="bold")
    for column in ("part", "tensors", "weights", "maskable"):
        table.add_column(column, justify="left" if column == "part" else "right")

    def row(size: PartSize, title: str) -> None:
        counts = (f"{count:,}" for count in (size.tensors, size.weights, size.maskable))
        table.add_row(title, *counts, style="" if size.maskable else "dim")

    for part in model.parts:
        row(part, part.part)
    table.add_section()
    row(model.total, model.total.part)
    row(model.biases, "of them biases")
    return table
