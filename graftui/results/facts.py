"""What is known of a run beside its settings and scores, in words: for `show` and the dashboard."""

from graftui.models import Attempt, Run
from graftui.results.columns import elapsed
from graftui.results.figures import counted
from graftui.results.times import ago, duration


def facts(run: Run, now: float) -> dict[str, str]:
    """Name -> text, of what there is at the time `now`, seconds since the epoch."""
    attempt = run.attempt
    told = {
        "recipe": run.recipe,
        "tags": ", ".join(run.tags),
        "note": run.note,
        "star": "yes" if run.star else "",
        "archived": "yes" if run.archived else "",
        "after": ", ".join(run.sources),
        "attempt": _attempt(attempt),
        "took": duration(elapsed(run, now)),
        "ended": ago(run.ended_at, now) if run.ended_at else "",
        "device": run.device,
        "process": process(attempt) if run.status.active else "",
        "has": granted(attempt) if run.status.active else "",
        "alone": _ALONE.get(attempt.alone, ""),
        "exit code": str(attempt.exit_code or ""),
        "signal": str(attempt.signal or ""),
        "config hash": run.config_hash,
    }
    return {name: text for name, text in told.items() if text}


def _attempt(attempt: Attempt) -> str:
    """Which start it is, if not the first, and from where it went on; the engine says that when it
    has loaded.
    """
    step = attempt.resumed_step
    went_on = "" if step is None else f", went on from step {step:,}"
    return f"{attempt.n}{went_on}" if attempt.n > 1 or went_on else ""


_ALONE = {
    "gpu": "it had its GPU to itself, since its memory ran out before",
    "machine": "it had the machine to itself, since its memory ran out before",
}


def granted(attempt: Attempt) -> str:
    """What it was given of its machine: "GPU 1, 4 threads"."""
    gpu = "" if attempt.gpu_index is None else f"GPU {attempt.gpu_index}"
    threads = counted(attempt.threads, "thread") if attempt.threads else ""
    return ", ".join(filter(None, (gpu, threads, "alone" if attempt.alone else "")))


def process(attempt: Attempt) -> str:
    """As which process, or job, it runs, and where."""
    name = f"job {attempt.job}" if attempt.job else str(attempt.pid or "")
    return f"{name} on {attempt.host}" if name and attempt.host else name
