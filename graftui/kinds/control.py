"""How the control of a graft is shown."""

from graftui.kinds import Shown, Stage, register

_WITHOUT = "fine-tuned model without the graft"
"""As graft.py has it: a stage is drawn alike, whichever kind scores it."""

register(
    Shown(
        kind="control",
        stages=(
            Stage("pretrained", "pretrained", of="finetuned", judged_by=("finetuned",)),
            Stage("finetuned", "fine-tuned", of="finetuned"),
            Stage("region", "region", chart="grafted model", stands_out=True),
            Stage("random_region", "random region", chart="grafted model", by_chance=True),
            Stage("knocked_out", "without graft", judged_by=("region",), chart=_WITHOUT),
            Stage(
                "knocked_out_random",
                "without random",
                judged_by=("region",),
                chart=_WITHOUT,
                by_chance=True,
            ),
        ),
        result=("region", "finetuned", "pretrained"),
    )
)
