"""When something was, and in which time zone; how long ago, without a word."""

import time
from collections.abc import Iterator

import pytest

from graftui.results.times import Reading, ago, clock, read_as, since, stamp, time_until

NOON = 1767182400.0
"""2025-12-31 12:00:00 UTC, by `date -u -d @1767182400`."""
HOUR_S = 3600.0


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    read_as(Reading())


def test_how_long_without_a_word() -> None:
    assert ago(NOON - 300, NOON) == "5m ago"
    assert since(NOON - 300, NOON) == "5:00 min"
    assert since(NOON - 300, NOON, narrow=True) == "5m"
    assert time_until(240, NOON) == "in about 4 min"


def test_when_on_request() -> None:
    read_as(Reading(absolute=True))
    assert ago(NOON - 300, NOON) == since(NOON - 300, NOON, narrow=True) == "11:55"
    assert stamp(NOON - 24 * HOUR_S, NOON) == "12-30 12:00"
    assert stamp(NOON + 13 * HOUR_S, NOON) == "2026-01-01", "another year"
    assert since(NOON - 24 * HOUR_S, NOON, narrow=True) == "12-30"
    assert since(NOON - 24 * HOUR_S, NOON + 13 * HOUR_S, narrow=True) == "2025"
    assert time_until(240, NOON) == "about 12:04"
    assert time_until(0.2, NOON) == "now"
    assert time_until(None, NOON) == ""


def test_a_zone_of_its_own() -> None:
    read_as(Reading(absolute=True, zone="Asia/Kolkata"))
    assert clock(NOON) == "17:30:00"
    assert stamp(NOON, NOON + 7 * HOUR_S) == "2025-12-31", "by then it is the next year there"
    read_as(Reading(zone="America/New_York"))
    assert clock(NOON) == "07:00:00"
    assert clock(NOON + 181 * 24 * HOUR_S) == "08:00:00", "in summer"
