"""The fake engine speaks as a real one does, though it imports nothing of the contract."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from engine.contract import events as ev
from tests.scheduler.fake_engine import Fake


@pytest.mark.parametrize(
    ("does", "last"), [("finish", ev.Finished), ("fail", ev.Failed), ("oom", ev.Failed)]
)
def test_its_lines_are_events_of_the_contract(
    does: str, last: type[ev.Event], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model": {"name": does}}))
    with suppress(SystemExit):
        Fake(str(tmp_path)).run()
    troubles: list[str] = []
    text = (tmp_path / "events.jsonl").read_bytes()
    events, _ = ev.read(text, troubles.append)
    assert not troubles
    assert isinstance(events[0], ev.Started)
    assert isinstance(events[-1], last)
    assert [json.loads(line) for line in text.splitlines()] == [
        {name: value for name, value in json.loads(ev.dumps(event)).items() if name in line}
        for event, line in zip(events, map(json.loads, text.splitlines()), strict=True)
    ], "no field that the contract does not know"
