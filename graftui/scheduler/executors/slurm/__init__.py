"""Engines as jobs of Slurm.

    profile.py     what a job asks of the cluster: [slurm] of graftui.toml
    script.py      the job script; job.sh, what every job does; pilot.sh, what every pilot does
    batch.py       what was submitted together: its folder and the list of its runs
    pilot.py       the process in a pilot job that does run after run
    commands.py    sbatch, squeue, scancel, sacct, scontrol
    snapshot.py    what Slurm said last, asked once in half a minute
    marks.py       what jobs and graftui tell each other in run folders
    sights.py      what follows for a run
    executor.py    all of it together

Truth is what a job left in the run's folder, then squeue, then sacct. No server, no process that
has to live on: what is submitted goes its way, and the next look at the runs hears of it.
"""

from graftui.scheduler.executors.slurm.executor import Slurm

__all__ = ["Slurm"]
