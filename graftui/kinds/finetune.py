"""How a fine-tuning is shown."""

from graftui.kinds import Shown, Stage, register

register(
    Shown(
        kind="finetune",
        stages=(
            Stage("pretrained", "pretrained", judged_by=("finetuned",)),
            Stage("finetuned", "fine-tuned"),
        ),
        result=("finetuned", "pretrained"),
        dev_of="finetuned",
    )
)
