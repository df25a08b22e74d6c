"""A cluster of two nodes on this machine, for as long as a test session lasts.

Two slurmd and a slurmctld of one's own, with keys, ports and folders of their own; two pretend GPUs
a node, which are terminals. As root, since slurmd has to become the user of a job.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "squeue")
_CONF = """
ClusterName=pretend
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=3
MaxArraySize=5
NodeName=DEFAULT CPUs=2 RealMemory=2000 Gres=gpu:2
NodeName=near NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName=far NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=all Nodes=ALL Default=YES MaxTime=30 State=UP
"""


def missing() -> str:
    """Why there can be no cluster here; empty: there can."""
    lacking = [name for name in NEEDED if _where(name) is None]
    if lacking:
        return (
            f"Slurm is not installed here (apt-get install slurm-wlm munge): {', '.join(lacking)}"
        )
    return "" if os.geteuid() == 0 else "only root can start the daemons of Slurm"


class Cluster:
    """The daemons, and how to get at them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.conf = folder / "slurm.conf"

    def start(self) -> None:
        host = socket.gethostname().partition(".")[0]
        self.folder.chmod(0o755)
        for part in ("state", "munge", "spool-near", "spool-far"):
            (self.folder / part).mkdir()
        self.conf.write_text(_CONF.format(folder=self.folder, host=host, ports=_ports(3)))
        gpus = [f"NodeName={node} Name=gpu File=/dev/tty[0-1]\n" for node in ("near", "far")]
        self.conf.with_name("gres.conf").write_text("".join(gpus))
        self._munge()
        self.control("-c")
        for node in ("near", "far"):
            self._run("slurmd", "-N", node)
        self._until_idle()

    def control(self, *arguments: str) -> None:
        """Bring the controller up."""
        self._run("slurmctld", *arguments)

    def kill_control(self) -> None:
        """kill -9 of the controller."""
        pid = int((self.folder / "slurmctld.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)

    def stop(self) -> None:
        for file in ("slurmd-near.pid", "slurmd-far.pid", "slurmctld.pid", "munge/pid"):
            with suppress(OSError, ValueError):
                os.kill(int((self.folder / file).read_text()), signal.SIGTERM)

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands prints."""
        environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=True
        ).stdout

    def _munge(self) -> None:
        place = self.folder / "munge"
        key = place / "key"
        key.write_bytes(secrets.token_bytes(256))
        key.chmod(0o400)
        names = {
            "socket": "socket",
            "key-file": "key",
            "log-file": "log",
            "pid-file": "pid",
            "seed-file": "seed",
        }
        self._run(
            "munged", "--force", *(f"--{option}={place / name}" for option, name in names.items())
        )

    def _until_idle(self) -> None:
        until = time.monotonic() + 300
        while self.ask("sinfo", "--noheader", "--format=%T").split() != ["idle"]:
            assert time.monotonic() < until, (self.folder / "slurmctld.log").read_text()[-2000:]
            time.sleep(0.2)

    def _run(self, name: str, *arguments: str) -> None:
        environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        subprocess.run(
            [str(_where(name)), *arguments], env=environment, check=True, timeout=120,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _where(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _ports(count: int) -> list[int]:
    """Free ones."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
