"""One question to the engine: a JSON object on stdin, its answer as one on stdout.

    echo '{"model": {"name": "pocket:masked-lm"}}' | python -m engine.tools model

Answers {"ok": true, ...}, or {"ok": false, "message", "hint"} and exit code 1 for what the user can
mend. A bug is a traceback. What libraries print goes to stderr, where a line that begins with
"progress: " tells how far long work is.
"""

import argparse
import contextlib
import importlib
import json
import sys
from typing import Any

from pydantic import ValidationError

from engine.contract import schema
from engine.errors import EngineError
from engine.failure import out_of_memory

VERBS = ("task", "model", "kshot", "skill")
"""Each is a module of this package with `answer(question)`."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.tools")
    parser.add_argument("verb", choices=VERBS)
    verb = parser.parse_args(arguments).verb
    try:
        question = json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        parser.error(f"stdin is not JSON: {error}")
    with contextlib.redirect_stdout(sys.stderr):
        answer = answered(verb, question)
    print(json.dumps(answer))
    return 0 if answer["ok"] else 1


def answered(verb: str, question: dict[str, Any]) -> dict[str, Any]:
    """The answer, or what is wrong with the question."""
    # Not at the top: only one of them is needed, and torch takes seconds.
    tool = importlib.import_module(f"engine.tools.{verb}")
    try:
        return {"ok": True, **tool.answer(question)}
    except EngineError as error:
        return _refused(error.message, error.hint)
    except ValidationError as error:
        return _refused("; ".join(schema.explain(error, "finetune").values()))
    except OSError as error:
        if not error.filename:
            raise
        return _refused(f"{error.filename}: {error.strerror}", "check the path and the disk")
    except (MemoryError, RuntimeError) as error:
        if advice := out_of_memory(error):
            return _refused(*advice)
        raise


def _refused(message: str, hint: str = "") -> dict[str, Any]:
    return {"ok": False, "message": message, "hint": hint}


if __name__ == "__main__":
    sys.exit(main())
