"""A pretend kind of run: made from two runs, it scores two subjects."""

from typing import Literal

from pydantic import Field

from engine.contract.events import Evaluated, Finished
from engine.contract.kinds import Kind, Role, register_kind
from engine.contract.layout import RunDir, write_json
from engine.contract.sections import RunConfig
from engine.emit import Emitter, StopRequest
from engine.kinds import register


class ProbeConfig(RunConfig):
    """Reads two models at a depth."""

    kind: Literal["probe"] = "probe"
    models: tuple[str, ...] = Field((), description="Folders", json_schema_extra={"hashed": False})
    digests: tuple[str, ...] = Field((), description="Hashes of their configs")
    depth: int = Field(2, ge=1, description="Where it reads", json_schema_extra={"unit": "layers"})


def probe(config: ProbeConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    for place, subject in enumerate(("left", "right")):
        scores = {"accuracy": 0.5 + place / 10 + config.depth / 100}
        emit(Evaluated(subject=subject, stage="probe", split="test", scores=scores))
    write_json(run_dir.result, {"models": list(config.models)})
    return Finished(seconds=1.0, summary={"probe": 0.6})


ROLE = Role(name="models", setting="models", digest="digests", file="checkpoint", many=True)
register_kind(Kind(config=ProbeConfig, title="Reads models", roles=(ROLE,), stages=("probe",)))
register("probe", probe)
