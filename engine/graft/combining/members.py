"""The skills that are combined, each with its name and the task it is scored on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from engine import loading
from engine.contract import config as configs
from engine.contract.catalog import tasks, unknown_task
from engine.contract.kinds.combine import CombineConfig
from engine.contract.kinds.evaluate import task_beside
from engine.contract.layout import RunDir
from engine.contract.sections import TaskConfig, on_task
from engine.errors import ConfigError
from engine.graft.combining.whole import whole
from engine.graft.skill import Skill, load
from engine.session import Session


@dataclass(frozen=True, slots=True)
class Source:
    """A skill that is to be combined, before the model is there."""

    task: TaskConfig
    skill: Skill | None
    """None: of a checkpoint, whose task vector is not taken yet."""
    path: str


@dataclass(frozen=True, slots=True)
class Member:
    """A skill that is combined."""

    name: str
    """Its task; with a number after it where several have one task: "SST-2#2"."""
    task: TaskConfig
    skill: Skill
    path: str


def sources(config: CombineConfig) -> list[Source]:
    """Skill files, then checkpoints, with their tasks. Raises ConfigError or SkillError."""
    skills = [load(Path(path).expanduser()) for path in config.skills]
    given = config.tasks or [""] * (len(skills) + len(config.finetuned))
    made = [
        Source(_of_skill(config.task, skill, name), skill, path)
        for skill, path, name in zip(skills, config.skills, given, strict=False)
    ]
    for path, name in zip(config.finetuned, given[len(skills) :], strict=True):
        made.append(Source(_of_checkpoint(config.task, path, name), None, path))
    return made


def _of_skill(task: TaskConfig, skill: Skill, name: str) -> TaskConfig:
    """As the skill was prompted, unless another task is asked for."""
    info = skill.info
    known = _beside(task, name or info.task, "combine.tasks")
    if known.name != info.task or not info.prompt:
        return known
    return known.model_copy(update={"prompt": info.prompt, "label_words": dict(info.label_words)})


def _of_checkpoint(task: TaskConfig, path: str, name: str) -> TaskConfig:
    """As the run that made it says, unless another task is asked for."""
    if name:
        return _beside(task, name, "combine.tasks")
    try:
        config = configs.loads(RunDir(Path(path).expanduser().parent).config.read_bytes())
    except (OSError, ValueError):
        raise ConfigError(
            f"combine.finetuned: nothing says what task {path} was tuned on",
            "give combine.tasks, a task for each skill",
        ) from None
    if not on_task(config):
        raise ConfigError(f"combine.finetuned: {path} is of a run without a task")
    return config.task.model_copy(update={"also_test": ()})


def _beside(task: TaskConfig, name: str, setting: str) -> TaskConfig:
    if name not in tasks():
        raise ConfigError(f"{setting}: {unknown_task(name)}", "give the task of each skill there")
    if name == task.name:
        return task.model_copy(update={"also_test": ()})
    return task_beside(task, name)


def members(made: Sequence[Source], config: CombineConfig, session: Session) -> list[Member]:
    """The same with names and task vectors. Raises ConfigError for another model's checkpoint."""
    counts = Counter(source.task.name for source in made)
    seen: Counter[str] = Counter()
    known = []
    for source in made:
        task = source.task.name
        seen[task] += 1
        name = task if counts[task] == 1 else f"{task}#{seen[task]}"
        skill = source.skill or _vector(source, config, session)
        known.append(Member(name, source.task, skill, source.path))
    return known


def _vector(source: Source, config: CombineConfig, session: Session) -> Skill:
    lm, type_ = session.model.lm, config.task.type
    tuned = loading.finetuned(config.model, type_, source.path, lm)
    return whole(lm, tuned, session.maskable, config.model.name, source.task.name)


def subsets(count: int, asked: str) -> Iterator[tuple[int, ...]]:
    """The numbers of the skills of each subset, the whole set last; `asked`: combine.subsets."""
    smaller = {"whole": (), "pairs": (2,), "all": range(2, count)}[asked]
    for size in smaller:
        if size < count:
            yield from combinations(range(count), size)
    yield tuple(range(count))
