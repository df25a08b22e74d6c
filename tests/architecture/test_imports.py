"""Who may import whom, and what a cheap command must not load."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "datasets", "safetensors", "torchmetrics")


def test_import_contracts() -> None:
    """The contracts in pyproject.toml, by import-linter."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def modules_after(code: str, cwd: Path) -> set[str]:
    """Top-level modules that a new Python holds after `code`."""
    script = f"{code}\nimport sys, json\nprint('MODULES' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True
    )
    listed = json.loads(done.stdout.rsplit("MODULES", 1)[1])
    return {name.split(".")[0] for name in listed}


def after_verb(verb: str, cwd: Path) -> set[str]:
    """Modules loaded once `graftui VERB` is done."""
    code = (
        f"import sys\nsys.argv = ['graftui', *{verb.split()!r}]\n"
        "from graftui.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    return modules_after(code, cwd)


@pytest.mark.parametrize("verb", ["--help", "--version", "run --help"])
def test_help_is_light(verb: str, tmp_path: Path) -> None:
    loaded = after_verb(verb, tmp_path)
    unwanted = {*HEAVY, "pydantic", "sqlite_utils", "textual", "psutil"}
    if verb == "run --help":
        unwanted.remove("pydantic")  # typer reads a verb's own options with it
    assert not loaded & unwanted
    assert not list(tmp_path.iterdir()), "asking for help leaves nothing behind"


def test_ls_loads_no_dashboard_and_no_ml(tmp_path: Path, empty_registry: Path) -> None:
    shutil.copy(empty_registry, tmp_path)  # the first one would make runs.db, with sqlite-utils
    loaded = after_verb("ls", tmp_path)
    assert not loaded & {*HEAVY, "textual", "sqlite_utils"}


def test_a_query_of_columns_and_words_needs_no_pydantic(
    tmp_path: Path, empty_registry: Path
) -> None:
    shutil.copy(empty_registry, tmp_path)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from graftui.registry.store import Store\n"
        "from graftui.registry.query.grammar import parse\n"
        "with Store.open(Path('runs.db')) as store:\n"
        "    store.list(where=parse({!r}), sort='-took')\n"
        "    assert 'pydantic' not in sys.modules\n"
        "    store.list(where=parse('train.lr > 1'), sort='-took')"
    )
    columns = "film (graft > 90 or tag in (a, b)) not status=failed"
    assert "pydantic" in modules_after(code.format(columns), tmp_path)


def test_a_headless_run_loads_no_dashboard_and_no_ml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path
) -> None:
    """Queueing a run and watching it end; the engine is another process, here one that dies."""
    shutil.copy(empty_registry, tmp_path)
    monkeypatch.setenv("GRAFTUI_PYTHON", "/bin/false")
    (tmp_path / "bad.toml").write_text('[finetune]\nmodel.name = "pocket:masked-lm"\n')
    loaded = after_verb("run bad.toml", tmp_path)
    assert list((tmp_path / "data" / "runs").iterdir()), "a run was made"
    assert not loaded & {*HEAVY, "textual"}


def test_the_dashboard_loads_no_ml(tmp_path: Path) -> None:
    assert not modules_after("import graftui.tui.app", tmp_path) & set(HEAVY)


def test_the_contract_needs_pydantic_alone(tmp_path: Path) -> None:
    code = "import engine.contract.catalog, engine.contract.schema, engine.contract.preflight"
    before = modules_after("", tmp_path)  # a distribution's sitecustomize, say
    loaded = modules_after(code, tmp_path) - before - set(sys.stdlib_module_names)
    allowed = {
        "engine", "pydantic", "pydantic_core", "annotated_types", "typing_extensions",
        "typing_inspection",
    }  # fmt: skip
    assert {name for name in loaded if not name.startswith("_")} <= allowed
