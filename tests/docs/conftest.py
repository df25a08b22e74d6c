"""Where examples run: working directories of the command line and of the scheduler."""

from tests.cli.conftest import seen, work
from tests.scheduler.conftest import bench

__all__ = ["bench", "seen", "work"]
