"""What a job was given of its node, and whether a run can have room in that: the rule of admission,
for one run that has all of it.

Owns how Slurm tells it: by a control group and CUDA_VISIBLE_DEVICES, which an inventory heeds, and
where the cluster has no such groups, by variables. Opens no registry, so of what a run needs only
what its config declares counts.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graftui.scheduler.admission.machine import Asking, Machine, Wait
from graftui.scheduler.admission.needs import need_of
from graftui.scheduler.admission.rooms import room_of
from graftui.scheduler.admission.rule import admit

_MIB = 2**20


def allotted(machine: Machine, variables: Mapping[str, str]) -> Machine:
    """What of it the job of these environment variables may use."""
    whole = _number(variables, "SLURM_MEM_PER_NODE")
    cores = _number(variables, "SLURM_MEM_PER_CPU") * _number(variables, "SLURM_CPUS_ON_NODE")
    total = min(machine.total_bytes, _MIB * (whole or cores) or machine.total_bytes)
    return replace(machine, total_bytes=total, available_bytes=min(machine.available_bytes, total))


def too_large(id: str, config: Mapping[str, Any], machine: Machine) -> str:
    """Why a run would never have room there, with nothing else at work; empty: it would."""
    need = need_of(config, bool(machine.gpus))
    asking = Asking(id, turn=(), slot="", width_said=True, threads=1, need=need)
    outcome = admit(asking, room_of(machine, (), {}, {}), ())
    if not isinstance(outcome, Wait) or not outcome.never:
        return ""
    return outcome.why.partition(":")[0]  # what comes then is of a run that waits


def _number(variables: Mapping[str, str], name: str) -> int:
    """0: it does not say."""
    text = variables.get(name, "")
    return int(text) if text.isdecimal() else 0
