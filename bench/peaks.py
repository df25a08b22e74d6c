"""Peak memory of what the other benchmarks time: each in a fresh process, beside its rival.

python -m bench.peaks top           # bytes that one of them takes, what it works on left out
"""

import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Result, alone, forget_peak, status
from engine.graft.apply import installed

PAIRS = {
    "a step, its evaluation and all it needs, reference / ours": ("reference", "ours"),
    "top-s / torch.topk": ("top", "topk"),
    "top-s / full sort": ("top", "sort"),
    "skill of 8,505 weights in and out / loading the model": ("skill", "loading"),
}


def run() -> Iterator[Result]:
    taken = {what: alone("bench.peaks", what) for what in SUBJECTS}
    for what, (ours, other) in PAIRS.items():
        yield Result(f"peak memory: {what}", taken[ours] / taken[other], "x")


def measure(what: str) -> int:
    """Bytes from a subject's first pause on; the peak counts from its second."""
    subject = SUBJECTS[what]()
    next(subject)
    gc.collect()
    before = status("VmRSS")
    next(subject)
    forget_peak()
    next(subject, None)
    return status("VmHWM") - before


def _ours() -> Iterator[None]:
    from bench import reference

    with tempfile.TemporaryDirectory() as folder:
        yield
        step = reference.ours(*reference.start(Path(folder), bf16=False))
        yield
        step()


def _reference() -> Iterator[None]:
    from bench import reference, shapes

    with tempfile.TemporaryDirectory() as folder:
        yield
        session, delta, mask = reference.start(Path(folder), bf16=False)
        theirs, data = reference.Reference(shapes.distilbert(), delta, mask), session.data
        train, dev = list(data.train), list(data.dev)
        del session, delta, mask
        yield
        theirs.step(train, dev)


def _of_scores(work: str) -> Callable[[], Iterator[None]]:
    def subject() -> Iterator[None]:
        import torch

        from bench.top import scores
        from engine.graft.mask import top

        score, size = scores()
        yield
        yield
        match work:
            case "top":
                top(score, size)
            case "topk":
                torch.topk(score, size, sorted=False)
            case "sort":
                torch.sort(score)

    return subject


def _skill() -> Iterator[None]:
    from bench import skill

    with tempfile.TemporaryDirectory() as folder:
        model, made = skill.prepare(Path(folder))
        yield
        yield
        with installed(made, model, verified=True):
            pass


def _loading() -> Iterator[None]:
    from bench import skill

    with tempfile.TemporaryDirectory() as folder:
        skill.prepare(Path(folder))
        yield
        yield
        skill.loaded(Path(folder))


SUBJECTS = {
    "reference": _reference, "ours": _ours, "top": _of_scores("top"), "topk": _of_scores("topk"),
    "sort": _of_scores("sort"), "skill": _skill, "loading": _loading,
}  # fmt: skip

if __name__ == "__main__":
    print(measure(sys.argv[1]))
