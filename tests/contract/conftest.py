"""One event of every kind."""

import pytest

from engine.contract import events as ev


@pytest.fixture(scope="session")
def one_of_each() -> list[ev.Event]:
    said: list[ev.Event] = [
        ev.Started(pid=7, host="box", device="CPU", config_hash="ab12", versions={"torch": "2"}),
        ev.Progress(phase="finetune", step=1, total=9),
        ev.Metric(step=1, values={"train/loss": 0.25, "train/lr": 1e-30}),
        ev.Evaluated(
            stage=ev.Stage.learnt_graft,
            split="test",
            labels={"sparsity": 1e-4},
            scores={"accuracy": 1.0},
        ),
        ev.Artifact(path="checkpoint", kind="checkpoint", bytes=2**40),
        ev.Log(level="warning", message="naïve \u2028 “quote” \n\r\t 🙂"),
        ev.Finished(seconds=1.5, summary={"finetuned": 0.9}),
        ev.Failed(reason=ev.FailReason.oom, message="full", hint="less"),
        ev.Cancelled(seconds=0.0, message="stopped by SIGTERM"),
    ]
    return [event.model_copy(update={"seq": n, "t": 1e9 + n}) for n, event in enumerate(said)]
