"""TaLoS: the weights that the pretrained model's answers hang on least."""

import torch

from engine.batches import Batch, sorted_batches
from engine.contract.kinds.graft import GraftConfig
from engine.graft.delta import Delta
from engine.graft.gradients import epochs
from engine.session import Session


def score(session: Session, delta: Delta, config: GraftConfig) -> torch.Tensor:
    """-F, (P,), with F the diagonal Fisher information of the pretrained model.

    F_i is the mean over examples of E (d log p(y | x) / d theta_i)^2, y distributed as the model
    itself has it. Iurada et al. 2025 ("Efficient Model Editing with Task-Localized Sparse
    Fine-tuning", section 4) train the weights with the least of it. They draw one y an example, and
    prune in rounds; here the expectation is taken over all classes, once. Over the rows of a
    mask's first update. Raises Cancelled.
    """
    session.model.eval()
    delta.theta.copy_(delta.pre)
    fisher = torch.zeros_like(delta.pre)
    rows = next(epochs(session.data, config))
    for _, batch in sorted_batches(rows, 1, session.data.pad_id, session.device):
        session.stop.check()
        _add(session, delta, batch, fisher, len(rows))
    return fisher.neg_()


def _add(session: Session, delta: Delta, batch: Batch, fisher: torch.Tensor, of: int) -> None:
    """Add an example's part of the mean over `of` of them, a backward pass a class."""
    with torch.autocast(session.device.type, torch.bfloat16, session.bf16):
        logits = session.model(batch)  # (1, classes)
    chances = logits.float().log_softmax(1)[0]
    for number, log_p in enumerate(chances):
        last = number == len(chances) - 1
        log_p.backward(retain_graph=not last)  # type: ignore[no-untyped-call]
        for part in delta.parts():
            grad = delta.grad[part].float()
            fisher[part].addcmul_(grad, grad, value=log_p.exp().item() / of)
        delta.grad.zero_()
