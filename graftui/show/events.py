"""What a run said, as a person reads it: one sentence an event."""

from engine.contract import events as ev


def sentence(event: ev.Event) -> str:
    """An event as a person reads it; empty for a point of a curve or a step."""
    match event:
        case ev.Started():
            return f"started on {event.host}, process {event.pid}, device {event.device}"
        case ev.Resumed():
            return f"goes on from step {event.step}, which an earlier attempt saved"
        case ev.Evaluated():
            at = "" if event.sparsity is None else f" at {event.sparsity:g}"
            scores = ", ".join(f"{name} {value:.4g}" for name, value in event.scores.items())
            return f"{event.what.replace('_', ' ')}{at} on {event.split}: {scores}"
        case ev.Artifact():
            return f"wrote {event.path} ({event.bytes:,} bytes)"
        case ev.Log():
            return event.message
        case ev.Finished():
            return f"finished after {event.seconds:.1f} s"
        case ev.Failed():
            return f"failed ({event.reason}): {event.message}. {event.hint}"
        case ev.Cancelled():
            return f"cancelled after {event.seconds:.1f} s: {event.message}"
    return ""
