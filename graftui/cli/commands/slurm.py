"""What `slurm check` and `slurm script` print."""

from dataclasses import asdict, replace

from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.models import Run
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.slurm.check import Finding, cluster, tiny_job
from graftui.scheduler.executors.slurm.profile import profile
from graftui.scheduler.executors.slurm.script import job_script, pilot_script
from graftui.settings import PILOT, QUEUEING, SLURM, Settings
from graftui.terminal import Console, Text
from graftui.text import send


def check_profile(settings: Settings, executor: str) -> None:
    """Raises UsageError, and NotAllowed."""
    _refuse_others(executor)
    Executors(settings).check(executor)


def check(settings: Settings, console: Console, executor: str, wait_s: float, json: bool) -> bool:
    """Look around; whether all was well."""
    findings = cluster()
    if not json:
        _tell(console, findings)
    with console.status("a job looks around"):
        tried = tiny_job(settings, executor, wait_s)
    if json:
        send_json([asdict(finding) for finding in [*findings, *tried]])
    else:
        _tell(console, tried)
    return all(finding.good is not False for finding in tried)


def script(settings: Settings, run: Run, executor: str) -> None:
    """The job of the next attempt of `run`, alone."""
    executor = executor or (run.executor if run.executor.startswith(SLURM) else SLURM)
    _refuse_others(executor)
    attempt = replace(run.attempt, run=run.id, n=run.attempt.n + 1)
    batch = settings.data / "slurm" / f"graftui-{run.id}"
    made = pilot_script if executor.endswith(PILOT) else job_script
    send(made(settings, profile(settings.root, executor), batch, [attempt]))


def _refuse_others(executor: str) -> None:
    if executor.partition(":")[0] not in QUEUEING:
        raise UsageError(f"{executor} is no profile of Slurm.", "Give slurm, or slurm:NAME.")


def _tell(console: Console, findings: list[Finding]) -> None:
    for finding in findings:
        glyph, style = {None: (" ", ""), True: ("✓", "green"), False: ("✗", "red")}[finding.good]
        console.print(Text.assemble((f"{glyph} ", style), f"{finding.about}: {finding.text}"))
        if finding.good is False and finding.hint:
            console.print(Text(f"  {finding.hint}", "dim"))
