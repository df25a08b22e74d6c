"""One dashboard of `graftui serve`, as a process of its own: what it draws goes to its browser tab.

python -m graftui.web.session [--read-only]
"""

import sys

from graftui.settings import load
from graftui.tui.app import run

if __name__ == "__main__":
    run(load(), read_only="--read-only" in sys.argv)
