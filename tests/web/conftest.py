from tests.cli.conftest import work

__all__ = ["work"]
