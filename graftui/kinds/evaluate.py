"""How an evaluation is shown: of each set of weights what it scores, on all its tasks."""

from graftui.kinds import Shown, Stage, register

register(
    Shown(
        kind="evaluate",
        stages=(
            Stage("pretrained", "pretrained", of="finetuned"),
            Stage("finetuned", "fine-tuned", of="finetuned"),
            Stage("interpolated", "interpolated"),
            Stage("wise_ft", "WiSE-FT"),
            Stage("grafted", "with skills", stands_out=True),
        ),
        result=("grafted", "wise_ft", "finetuned", "pretrained"),
        labels={"alpha": ("evaluate.alphas",)},
    )
)
