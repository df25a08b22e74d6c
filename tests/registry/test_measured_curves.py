"""How far curves go, and when their steps were, without reading all of them."""

import math
from pathlib import Path

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.measured import CurveExtent, CurveKey
from graftui.registry.moments import StepTimes
from graftui.registry.store import Store
from tests.tui import world


def test_extents_are_those_of_the_points(tmp_path: Path) -> None:
    settings = world.place(tmp_path)
    values = {
        "train/lr": [0.1, 0.1, 0.1], "train/loss": [0.1, 0.1, 0.2], "dev/f1": [math.nan] * 3,
        "train/late": [math.nan, 0.5, 0.5], "train/once": [7.0],
    }  # fmt: skip
    said = [
        ev.Metric(t=world.NOW, step=step, values={name: of[step] for name, of in values.items()
                                                  if step < len(of)})
        for step in range(3)
    ]  # fmt: skip
    world.add(settings, "r", world.config(), said)
    with Store.open(settings.db) as store:
        seen = {extent.key.name: extent for extent in store.extents("r")}
        assert set(seen) == set(values)
        assert seen["train/lr"] == CurveExtent(CurveKey("train/lr"), 0, 2, 0.1)
        assert {name for name, extent in seen.items() if extent.constant is not None} == {
            "train/lr"
        }
        assert (seen["train/once"].first, seen["train/once"].last) == (0, 0)
        assert not store.extents("nobody")


def test_times_of_steps_follow_the_file_and_the_last_attempt(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)

    def tell(*points: tuple[int, float, str]) -> None:
        said = (ev.Metric(t=t, step=step, values={name: 1.0}) for step, t, name in points)
        with run_dir.events.open("ab") as file:
            file.write(b"".join(map(ev.dumps, said)))

    times = StepTimes(run_dir)
    assert times.read() == {}
    tell(
        (1, 10.0, "train/loss"), (1, 10.5, "train/lr"), (2, 11.0, "train/loss"), (0, 9.0, "dev/f1")
    )
    steps, at = times.read()["train"]
    assert (list(steps), list(at)) == ([1, 2], [10.5, 11.0])
    tell((3, 12.0, "train/loss"), (2, 50.0, "train/loss"), (3, 51.0, "train/loss"))
    steps, at = times.read()["train"]
    assert (list(steps), list(at)) == ([1, 2, 3], [10.5, 50.0, 51.0])
    assert list(times.read()["dev"][1]) == [9.0]
    with run_dir.events.open("ab") as file:
        file.write(b'{"event":"metric","step":"x"}\n{"event":"metric"\n')
    assert times.read() == times.read()
    run_dir.events.write_bytes(ev.dumps(ev.Metric(t=1.0, step=1, values={"a/b": 1.0})))
    assert set(times.read()) == {"a"}
