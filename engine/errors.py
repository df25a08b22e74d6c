"""What can go wrong in a run and is not a bug: a reason, a sentence, and what to do."""

from engine.contract.events import FailReason


class EngineError(Exception):
    """A run that cannot go on. `reason`, `message` and `hint` end up in the `failed` event."""

    reason = FailReason.crashed

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(EngineError):
    """The config asks for what cannot be done with this model or task."""

    reason = FailReason.config


class DataError(EngineError):
    """The task's files are missing, malformed, or too few."""

    reason = FailReason.data


class Diverged(EngineError):
    """The loss is no longer a finite number."""

    reason = FailReason.diverged


class Cancelled(Exception):
    """The run was asked to stop (SIGTERM, SIGINT); raised between two steps."""
