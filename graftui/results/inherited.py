"""Settings that a run has from the runs that it is made from: `train.lr` of a graft is that of its
fine-tuning. For tables that a person or a notebook groups by settings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graftui.models import Run

Sections = dict[str, Any]
"""Of a config: `train`, `task`, ..."""


def with_sources(runs: Sequence[Run], find: Callable[[str], Run | None]) -> list[Run]:
    """`runs`, their configs with the sections that they lack and that all which they are made from
    agree on. `find` gives a run that is not among them by its id, None where there is none.
    """
    there = {run.id: run for run in runs}
    ids = dict.fromkeys(id for run in runs for id in run.sources)
    known = {id: _sections(there.get(id) or find(id)) for id in ids}
    agreed = {ids: _agreed([known[id] for id in ids]) for ids in {tuple(r.sources) for r in runs}}
    return [_completed(run, agreed[tuple(run.sources)]) if run.sources else run for run in runs]


def _completed(run: Run, given: Sections) -> Run:
    lacking = {name: section for name, section in given.items() if name not in run.config}
    return replace(run, config={**run.config, **lacking})


def _sections(run: Run | None) -> Sections:
    config = run.config if run else {}
    return {name: section for name, section in config.items() if isinstance(section, Mapping)}


def _agreed(several: Sequence[Sections]) -> Sections:
    has = {
        name: [each[name] for each in several if name in each] for each in several for name in each
    }
    return {name: first for name, (first, *more) in has.items() if all(v == first for v in more)}
