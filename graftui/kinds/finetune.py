"""How a fine-tuning is shown."""

from graftui.kinds import Pace, Shown, Stage, register

register(
    Shown(
        kind="finetune",
        stages=(
            Stage("pretrained", "pretrained", judged_by=("finetuned",)),
            Stage("finetuned", "fine-tuned"),
        ),
        result=("finetuned", "pretrained"),
        foretold_by=("dev/f1", "dev/matthews", "dev/pearson", "dev/accuracy"),
        dev_of="finetuned",
        paces=(Pace(("train", "dev"), "train.steps", "train.batch_size"),),
    )
)
