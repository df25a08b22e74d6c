"""Where a task's files lie: LM-BFF's two layouts, or the hub.

Owns the names of folders and files. Refuses what is not there, and says where it may be. Reads no
file: the rows are the engine's.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import shipped
from engine.contract.sections import TaskConfig
from engine.contract.task_spec import TaskSpec


class MissingFiles(ValueError):
    """Files that are not there: which, and what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """The files of a task, all of them there."""

    train: Path
    dev: Path | None
    """None: dev is drawn from train, as the shots are."""
    tests: dict[str, Path]
    """Name of a test set -> its file; the first is the one that scores go by."""

    @property
    def all(self) -> list[Path]:
        """Each of them."""
        return [self.train, *([self.dev] if self.dev else []), *self.tests.values()]


def on_hub(source: str) -> bool:
    """Whether `task.data` means a dataset of the hub, or a copy of one."""
    return source == "hub" or source.startswith("hub:")


def task_files(task: TaskConfig, spec: TaskSpec) -> TaskFiles:
    """The files of `task`: its k-shot folder, or else the original ones, to draw from.

    `task.data` is a folder that holds `TASK/K-SEED/` or `TASK/`, or the task's folder itself.
    Raises MissingFiles.
    """
    folder = task_folder(task.data, spec)
    shots = folder / f"{task.k}-{task.data_seed}"
    if shots.is_dir():
        dev = _dev(shots, spec)
        return TaskFiles(
            _there(shots / _train(spec)), _there(dev), test_files(shots, spec.tests, spec)
        )
    if _is_sample(folder) and (folder.name == shots.name or folder.parent.name == _own(spec)):
        raise MissingFiles(
            f"task.data leads to {folder}, which is one sample of {spec.name}", _meant(folder, spec)
        )
    if not (folder / _train(spec)).exists():
        raise _misplaced(folder, shots.name, spec)
    return original_files(task.data, spec)


def original_files(source: str, spec: TaskSpec) -> TaskFiles:
    """The files of the original layout below `source` (as task.data). Raises MissingFiles."""
    folder = task_folder(source, spec)
    if not (folder / _train(spec)).exists():
        raise MissingFiles(
            f"{folder} holds no {_train(spec)} to draw shots from",
            _meant(folder, spec) or "give a folder in LM-BFF's original layout",
        )
    return TaskFiles(folder / _train(spec), None, test_files(folder, spec.original, spec))


def first_test_file(task: TaskConfig, spec: TaskSpec, other: TaskSpec) -> Path:
    """The test file of another task, whose folder lies beside that of `task`.

    Raises MissingFiles.
    """
    folder = task_folder(task.data, spec).parent / _own(other)
    shots = folder / f"{task.k}-{task.data_seed}"
    stems, where = (other.tests, shots) if shots.is_dir() else (other.original, folder)
    return next(iter(test_files(where, dict(list(stems.items())[:1]), other).values()))


def task_folder(source: str, spec: TaskSpec) -> Path:
    """The task's own folder below `source`, or `source` itself."""
    root = Path(os.path.expanduser(source)) if source else shipped() / spec.home
    named = root / _own(spec)
    return named if named.is_dir() else root


def test_files(folder: Path, stems: Mapping[str, str], spec: TaskSpec) -> dict[str, Path]:
    """The test sets of a folder: name -> file. Raises MissingFiles."""
    files = {name: folder / f"{stem}.{spec.format}" for name, stem in stems.items()}
    for name, path in files.items():
        if not path.exists():
            public = f"{spec.original.get(name, stems[name])}.{spec.format}"
            raise MissingFiles(
                f"there is no file {path}, which holds the test rows of {spec.name}",
                f"it is {public} of the task's original layout: copy that there"
                + ("" if public == path.name else f" as {path.name}"),
            )
    return files


def _own(spec: TaskSpec) -> str:
    return spec.folder or spec.name


def _train(spec: TaskSpec) -> str:
    return f"train.{spec.format}"


def _dev(shots: Path, spec: TaskSpec) -> Path:
    paths = [shots / f"{stem}.{spec.format}" for stem in (spec.dev, "dev", "dev_matched")]
    return next(filter(Path.exists, paths), paths[0])


def _there(path: Path) -> Path:
    if not path.exists():
        raise MissingFiles(f"there is no file {path}", "check task.data, task.k and task.data_seed")
    return path


def _misplaced(folder: Path, shots: str, spec: TaskSpec) -> MissingFiles:
    """No files of the task in `folder`: say which samples there are, or which folder is meant."""
    samples = [path.name for path in folder.iterdir() if _is_sample(path)]
    return MissingFiles(
        f"{folder} holds neither {shots}/ nor {_train(spec)}",
        f"set task.k and task.data_seed to one of: {', '.join(sorted(samples))}"
        if samples
        else _meant(folder, spec)
        or "give a folder in LM-BFF's k-shot or original layout as task.data",
    )


def _is_sample(path: Path) -> bool:
    return path.is_dir() and re.fullmatch(r"\d+-\d+", path.name) is not None


def _meant(folder: Path, spec: TaskSpec) -> str:
    """The folder of tasks that is probably meant: one below, or above one sample; empty: none."""
    inside = sorted(path.parent for path in folder.glob(f"*/{_own(spec)}") if path.is_dir())
    above = [folder.parent.parent if folder.parent.name == _own(spec) else folder.parent]
    meant = inside or (above if _is_sample(folder) else [])
    return f"did you mean task.data={' or '.join(map(str, meant))}?" if meant else ""
