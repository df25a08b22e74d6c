"""A pretended run beside a dashboard that is open: real events of one run, slowly, to its end.

pretend_run.py ROOT ID SECONDS
"""

import math
import os
import sys
import time
from pathlib import Path

from engine.contract import events as ev
from graftui.models import RunStatus
from tests.tui import world


def main(root: str, id: str, seconds: float) -> None:
    settings, began = world.place(Path(root)), time.time()
    said = [ev.Started(t=began, pid=os.getpid(), host="here", device="cpu", config_hash="")]
    world.add(
        settings, id, world.config(train__seed=int(id[-1])), said, created_at=began,
        started_at=began, status=RunStatus.running, attempt=world.alive(id),
    )  # fmt: skip
    with settings.run_dir(id).events.open("ab", buffering=0) as events:
        step = 0
        while time.time() < began + seconds:
            time.sleep(0.1)
            step += 1
            loss = {"train/loss": math.exp(-step / 40)}
            events.write(ev.dumps(ev.Metric(t=time.time(), step=step, values=loss)))
            way = ev.Progress(t=time.time(), phase="finetune", step=step, total=10 * int(seconds))
            events.write(ev.dumps(way))
        events.write(ev.dumps(ev.Finished(t=time.time(), seconds=1, summary={"finetuned": 0.9})))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
