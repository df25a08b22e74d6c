"""An engine without a model: writes real events and does what its config's model name says.

It imports next to nothing, since hundreds of it are started; that its lines are the contract's
events is tests/scheduler/test_fake_engine.py's business.

fake_engine.py RUN_DIR      with model.name one of finish, scored, unsaid, fail, crash, mute, sleep,
                            deaf, oom, oom-once, given
"""

import json
import os
import signal
import sys
import time
from typing import IO, Any


class Fake:
    """One run."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.seq = 0

    def open(self, name: str, mode: str) -> IO[bytes]:
        """A file of the run folder."""
        return open(f"{self.folder}/{name}", mode)  # noqa: SIM115  its callers close it

    def say(self, event: str, **fields: Any) -> None:
        line = {"event": event, "v": 2, "seq": self.seq, "t": time.time(), **fields}
        self.seq += 1
        with self.open("events.jsonl", "ab") as file:
            file.write(json.dumps(line).encode() + b"\n")

    def begin(self) -> None:
        me = {"pid": os.getpid(), "host": "here", "device": "cpu"}
        self.say("started", **me, config_hash="", versions={})
        for step in range(1, 4):
            self.say("progress", phase="train", step=step, total=3)
            self.say("metric", step=step, values={"train/loss": 1 / step})
        self.say("evaluated", stage="finetuned", split="test", scores={"accuracy": 0.75})

    def finish(self) -> None:
        self.begin()
        self.end()

    def scored(self) -> None:
        """As `finish`, with a score on dev, by which tables choose."""
        self.begin()
        self.say("evaluated", stage="finetuned", split="dev", scores={"accuracy": 0.5})
        self.end()

    def end(self) -> None:
        os.mkdir(f"{self.folder}/checkpoint")
        self.say("artifact", path="checkpoint", kind="checkpoint", bytes=1)
        self.say("finished", seconds=0.1, summary={"accuracy": 0.75})

    def unsaid(self) -> None:
        self.begin()
        with self.open("result.json", "wb") as file:
            file.write(b'{"summary": {"accuracy": 0.75}}')
        with self.open("events.jsonl", "ab") as file:
            file.write(b'{"event":"finish')  # no room for more

    def fail(self) -> None:
        self.begin()
        print("loss is nan")
        self.say("failed", reason="diverged", message="the loss is nan", hint="lower lr")
        sys.exit(1)

    def crash(self) -> None:
        self.begin()
        raise RuntimeError("unforeseen")

    def oom(self) -> None:
        self.begin()
        message = "CUDA out of memory. Tried to allocate 2.00 GiB"
        self.say("failed", reason="oom", message=message, hint="less", peak_bytes=7)
        sys.exit(1)

    def oom_once(self) -> None:
        if not os.path.exists(f"{self.folder}/attempts/2.json"):
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
        self.say("cancelled", seconds=0.1, message="stopped at step 3")
        sys.exit(0)

    def wait(self) -> None:
        time.sleep(300)  # no test waits that long; and nothing is left behind if one dies

    @property
    def config(self) -> dict[str, Any]:
        with self.open("config.json", "rb") as file:
            config: dict[str, Any] = json.load(file)
        return config

    def run(self) -> None:
        getattr(self, self.config["model"]["name"].replace("-", "_"))()


if __name__ == "__main__":
    Fake(sys.argv[1]).run()
