"""Versions of what a result depends on."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "graftui", "torch", "transformers", "tokenizers", "datasets", "numpy", "safetensors",
)  # fmt: skip


@cache
def versions() -> dict[str, str]:
    """Python's and the packages' versions; a package that is not installed is left out."""
    installed = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed
