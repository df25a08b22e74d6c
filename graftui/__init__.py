"""graftui: find which few weights of a fine-tuned language model carry its new skill.

The experiment manager: command line, dashboard, registry of runs, scheduler. The ML is in
`engine`, a process of its own; nothing here imports torch.
"""

__version__ = "0.1.0"
