"""What an attempt noted of code, packages and machine, in a few words for `show`."""

from engine.contract import provenance as form
from engine.contract.provenance import Facts, Provenance
from graftui.results.figures import counted

_SHORT = 10
"""Digits of a commit."""
NOT_RECORDED = "not recorded"


def told(known: Provenance) -> dict[str, str]:
    """Name -> text."""
    code = known.get(form.CODE)
    words = {
        "code": _code(code) if code else NOT_RECORDED,
        "working folder": _tree(code, form.FOLDER) if code else "",
        "packages": _packages(known.get(form.PACKAGES, {})) or NOT_RECORDED,
        "machine": _machine(known.get(form.HARDWARE, {})) or NOT_RECORDED,
        "kernels": _kernels(known.get(form.RANDOM, {})),
    }
    return {name: text for name, text in words.items() if text}


def _code(code: Facts) -> str:
    tree = _tree(code, form.SOURCE)
    digest = str(code.get(form.ENGINE) or "")[:_SHORT]
    return ", ".join(filter(None, (tree and f"graftui {tree}", digest and f"engine {digest}")))


def _tree(code: Facts, tree: str) -> str:
    """Commit and branch, and what differs from it; empty: no tree of git."""
    facts = {key.removeprefix(f"{tree}."): value for key, value in code.items()
             if key.startswith(f"{tree}.")}  # fmt: skip
    commit, note = facts.get(form.COMMIT), str(facts.get(form.NOTE) or "")
    if not commit:
        return note
    text = f"{str(commit)[:_SHORT]} ({facts.get(form.BRANCH)})"
    if changes := facts.get(form.CHANGES):
        cut = ", cut" if facts.get(form.CUT) else ""
        text += f" and changes to {_files(facts)} (attempts/{changes}{cut})"
    return ", ".join(filter(None, (text, note)))


def _files(facts: Facts) -> str:
    count = facts.get(form.CHANGED)
    return counted(count, "file") if isinstance(count, int) else "files"


def _packages(packages: Facts) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items() if version)


def _machine(hardware: Facts) -> str:
    """Where it ran, and on what."""
    count = hardware.get("cores")
    named = {"threads": "threads {}", "driver": "driver {}", "cuda": "CUDA {}"}
    parts = [
        str(hardware.get("host") or ""),
        f"{hardware.get('cpu')}, {count} cores" if count else "",
        str(hardware.get("device") or ""),
        *(form.format(hardware[key]) for key, form in named.items() if hardware.get(key)),
    ]
    return ", ".join(filter(None, parts))


def _kernels(random: Facts) -> str:
    kernels = random.get("deterministic kernels")
    return f"deterministic {kernels}" if kernels else ""
