"""The built wheel in an empty environment and an empty folder: the pocket recipe works there."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from graftui import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    code = f"import hatchling.build; hatchling.build.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_what_it_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "graftui",
        "engine",
        f"graftui-{__version__}.dist-info",
    }
    assert {"graftui/py.typed", "engine/py.typed"} <= set(names)
    assert "engine/_data/recipes/pocket.toml" in names
    assert "engine/_data/pocket/masked-lm/model.safetensors" in names
    assert not [name for name in names if "_data/runs" in name or name.endswith(".db")]


def test_the_pocket_recipe_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """graftui comes from the wheel alone; its dependencies are lent by a .pth file, since
    installing torch anew would take minutes."""
    home = tmp_path / "env"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", wheel], check=True)
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    # site.addsitedir would run the checkout's own editable .pth; a bare path does not.
    (Path(own) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [home / "bin" / "graftui", "run", "pocket", "--set", "train.steps=2", "--set",
         "graft.steps=1", "--set", "task.test_rows=20"],
        cwd=empty, env=environment, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "learnt graft" in done.stdout
    assert {path.name for path in empty.iterdir()} >= {"runs.db", "data"}
    where = subprocess.run(
        [python, "-c", "import graftui; print(graftui.__file__)"],
        cwd=empty, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert str(home) in where
