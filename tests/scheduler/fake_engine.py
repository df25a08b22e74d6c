"""An engine without a model: writes real events and does what its config's model name says.

fake_engine.py RUN_DIR      with model.name one of finish, unsaid, fail, crash, mute, sleep, deaf,
                            oom, oom-once, given
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from engine.contract import events as ev
from engine.contract.layout import RunDir


class Fake:
    """One run."""

    def __init__(self, place: RunDir) -> None:
        self.place = place
        self.seq = 0

    def say(self, event: ev.Event) -> None:
        event = event.model_copy(update={"seq": self.seq, "t": time.time()})
        self.seq += 1
        with self.place.events.open("ab") as file:
            file.write(ev.dumps(event))

    def begin(self) -> None:
        self.say(
            ev.Started(pid=os.getpid(), host="here", device="cpu", config_hash="", versions={})
        )
        for step in range(1, 4):
            self.say(ev.Progress(phase="train", step=step, total=3))
            self.say(ev.Metric(step=step, values={"train/loss": 1 / step}))
        scores = {"accuracy": 0.75}
        self.say(ev.Evaluated(stage=ev.Stage.finetuned, split="test", scores=scores))

    def finish(self) -> None:
        self.begin()
        self.place.checkpoint.mkdir()
        self.say(ev.Artifact(path="checkpoint", kind="checkpoint", bytes=1))
        self.say(ev.Finished(seconds=0.1, summary={"accuracy": 0.75}))

    def unsaid(self) -> None:
        self.begin()
        self.place.result.write_text(json.dumps({"summary": {"accuracy": 0.75}}))
        with self.place.events.open("ab") as file:
            file.write(b'{"event":"finish')  # no room for more

    def fail(self) -> None:
        self.begin()
        print("loss is nan")
        self.say(
            ev.Failed(reason=ev.FailReason.diverged, message="the loss is nan", hint="lower lr")
        )
        sys.exit(1)

    def crash(self) -> None:
        self.begin()
        raise RuntimeError("unforeseen")

    def oom(self) -> None:
        self.begin()
        message = "CUDA out of memory. Tried to allocate 2.00 GiB"
        self.say(ev.Failed(reason=ev.FailReason.oom, message=message, hint="less", peak_bytes=7))
        sys.exit(1)

    def oom_once(self) -> None:
        if len(list(self.place.attempts.glob("?.json"))) == 1:
            self.oom()
        self.finish()

    def given(self) -> None:
        names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS")
        print(json.dumps({name: os.environ.get(name) for name in names}))
        self.sleep()

    def mute(self) -> None:
        print("goodbye")
        sys.exit(7)

    def sleep(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        self.begin()
        self.wait()

    def deaf(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.begin()
        self.wait()

    def stop(self, *_: object) -> None:
        self.say(ev.Cancelled(seconds=0.1, message="stopped at step 3"))
        sys.exit(0)

    def wait(self) -> None:
        time.sleep(30)  # no test waits that long; and nothing is left behind if one dies


if __name__ == "__main__":
    fake = Fake(RunDir(Path(sys.argv[1])))
    does = json.loads(fake.place.config.read_bytes())["model"]["name"]
    getattr(fake, does.replace("-", "_"))()
