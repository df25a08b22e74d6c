"""Questions: what graftui may ask of the engine without making a run, and what comes back.

Lines of JSON both ways, for any number of questions, one after the other:

    engine      {"said": "ready", "version": 1}
    graftui     {"name": "model.parts", "model": {"name": "pocket:masked-lm"}}
    engine      {"said": "progress", ...}                  any number of these, then one of
    engine      {"said": "answered", "answer": {"name": "model.parts", ...}}
    engine      {"said": "refused", "message": ..., "hint": ...}
    engine      {"said": "crashed", "trace": ...}          and its process ends

A question and its answer have the same name. What answers them is in engine.tools.
Paths are absolute, or relative to the working directory of the engine's process.
"""
