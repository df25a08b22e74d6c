"""Other tasks put to the network of a session, each by its own prompt and label words.

Owns how such a session is made of the first one. What the other task is asked by is in the config
(engine.contract.kinds.evaluate).
"""

from dataclasses import replace
from typing import Any

from engine import data
from engine.contract.sections import DemoConfig, TaskConfig
from engine.models import wrap
from engine.models.trial import trial
from engine.room import Room
from engine.session import Session


def beside(session: Session, task: TaskConfig, demo: DemoConfig) -> Session:
    """A session of the same network and run on `task`, whose first test set is its only one and
    has the task's name. Raises ConfigError or DataError.
    """
    known = trial(session.model.lm)
    room = Room(known.positions, known.tokens)

    def told(split: str, done: int, total: int) -> None:
        session.emit.progress(f"tokenise {task.name} {split}", done, total)

    loaded = data.load(task, demo, session.tokenizer, session.run_dir.cache, told, room)
    first = next(iter(loaded.tests))
    loaded = replace(
        loaded,
        tests={task.name: loaded.tests[first]},
        row_ids={task.name: loaded.row_ids[first]},
    )
    model = wrap(session.model.lm, loaded, task.head).to(session.device)
    evaluate = replace(session.evaluate, model=model, data=loaded)
    return replace(session, data=loaded, model=model, evaluate=evaluate, answered=[])


def around(session: Session, lm: Any, head: str) -> Session:
    """The session with another network in the place of its own; what is announced goes to it."""
    model = wrap(lm, session.data, head).to(session.device)
    return replace(session, model=model, evaluate=replace(session.evaluate, model=model))
