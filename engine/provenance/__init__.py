"""What an attempt notes of the code, packages and machine that it runs with, in its run folder.

Owns attempts/N.provenance.json and the patches beside it; their form is the contract's. Looks in a
thread of its own, while the engine imports and loads, and never makes a run fail or wait: what
cannot be seen is said in the file, and a file that cannot be written is left out.
"""

import hashlib
import threading
import time
from contextlib import suppress
from pathlib import Path

import engine
from engine.contract import provenance as form
from engine.contract.events import writable
from engine.contract.layout import RunDir, write_json, write_whole
from engine.contract.provenance import Facts, Provenance
from engine.provenance import machine, trees
from engine.versions import versions

_PATIENCE_S = 1.0
"""How long the end of a run waits for what git says."""


class Notes:
    """Of one attempt."""

    def __init__(self, run_dir: RunDir, attempt: int) -> None:
        """Begin to look. `attempt`: which start of the run, from 1; 0: of none, notes nothing."""
        self._run_dir, self._attempt = run_dir, attempt
        # Now: the engine sets some of its own later.
        self._known: Provenance = {form.ENVIRONMENT: machine.environment()}
        self._at = round(time.time(), 3)
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._looking = threading.Thread(target=self._look, name="provenance", daemon=True)
        if attempt:
            self._looking.start()

    def computing(self, known: Provenance) -> None:
        """Note what is known once model and data are loaded."""
        self._add(known)
        self._told.set()

    def close(self) -> None:
        """Have all that is known written; git may still be at it, and is not waited for."""
        self._told.set()
        if self._attempt:
            self._looking.join(_PATIENCE_S)
            if self._looking.is_alive():
                self._write()

    def _look(self) -> None:
        self._add({
            form.PACKAGES: {**versions()},
            form.HARDWARE: machine.hardware(),
            form.CODE: {form.ENGINE: digest_of_engine()},
        })  # fmt: skip
        self._write()
        self._add({form.CODE: self._trees(Path.cwd())})
        self._write()
        self._told.wait()
        self._write()

    def _add(self, known: Provenance) -> None:
        with self._lock:
            self._known = {
                name: {**self._known.get(name, {}), **known.get(name, {})}
                for name in {**self._known, **known}
            }

    def _trees(self, folder: Path) -> Facts:
        source = Path(engine.__file__).parents[1]
        tops = {
            form.SOURCE: source if (source / ".git").exists() else None,
            form.FOLDER: trees.top_of(folder),
        }
        seen = {top: trees.look(top) for top in dict.fromkeys(tops.values()) if top}
        facts: Facts = {}
        for name, top in tops.items():
            facts |= self._tree(name, seen[top]) if top else {f"{name}.{form.COMMIT}": None}
        return facts

    def _tree(self, name: str, tree: trees.Tree) -> Facts:
        path = self._run_dir.changes(self._attempt, name)
        if tree.changes:
            with suppress(OSError):
                path.parent.mkdir(exist_ok=True)
                write_whole(path, tree.changes)
        return tree.facts(name, path.name)

    def _write(self) -> None:
        with self._lock:
            known = {name: _writable(facts) for name, facts in sorted(self._known.items())}
        path = self._run_dir.provenance(self._attempt)
        with suppress(OSError):  # a full disk, or a folder that was deleted meanwhile
            path.parent.mkdir(exist_ok=True)
            write_json(path, {"v": form.VERSION, "at": self._at, **known})


def _writable(facts: Facts) -> Facts:
    """In UTF-8: a variable or the name of a folder may be of any bytes."""
    return {name: writable(value) for name, value in facts.items()}  # type: ignore[misc]


def digest_of_engine() -> str:
    """Of the names and contents of the engine's source files, as they lie there."""
    folder = Path(engine.__file__).parent
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*.py")):
        with suppress(OSError):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()
