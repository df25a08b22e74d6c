"""What rows say, by the ids that the answers of a run have."""

from engine import data
from engine.contract.questions.catalog import AskTaskRows, RowText, TaskRows
from engine.contract.questions.messages import Hear
from engine.errors import DataError
from engine.tasks import sources
from engine.tasks.readers import Row
from engine.tasks.row_ids import row_ids


def answer(question: AskTaskRows, hear: Hear) -> TaskRows:
    """Raises ConfigError or DataError."""
    owner, rows = _rows(question)
    by_id = dict(zip(row_ids(owner, rows), rows, strict=True))
    known = ((id, by_id[id]) for id in question.ids if id in by_id)
    return TaskRows(
        rows=tuple(RowText(id=id, label=row.label, texts=row.texts) for id, row in known)
    )


def _rows(question: AskTaskRows) -> tuple[str, list[Row]]:
    """The rows of the split, and the name of the task that they are of."""
    task, spec, split = question.task, data.spec_of(question.task), question.split
    if split in task.also_test:
        return split, sources.also_rows(split, task, spec)
    splits = sources.read_rows(task, spec)
    known = {"dev": splits.dev, **splits.tests}
    if split not in known:
        raise DataError(f"{spec.name} has no split {split!r}", f"it has {', '.join(known)}")
    return spec.name, known[split]
