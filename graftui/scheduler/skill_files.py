"""Which skill files a run has made. Reads names of files, never what is in them."""

from pathlib import Path

from engine.contract.layout import RunDir
from graftui.models import Run


def skill_files(run: Run, run_dir: RunDir) -> dict[float, Path]:
    """Sparsity as asked for -> skill file, of those that are there, smallest first."""
    if run_dir.skill().is_file():
        return {float(run.config.get("sparsity", 0)): run_dir.skill()}
    files = run_dir.path.glob("skill-*.safetensors")
    return dict(sorted((float(path.stem.removeprefix("skill-")), path) for path in files))
