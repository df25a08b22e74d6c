"""The l1 penalty against autograd."""

import torch
from torch import nn

import engine.penalty
from engine.penalty import Penalty
from engine.training import moving


class Net(nn.Module):
    """A trained part, a frozen one, and a head that is not penalised."""

    def __init__(self) -> None:
        super().__init__()
        self.lm = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))
        self.lm[1].requires_grad_(False)
        self.head = nn.Linear(3, 2)


def test_value_and_gradient_are_autograds(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(engine.penalty, "CHUNK", 4)  # several chunks, the last one shorter
    torch.manual_seed(0)
    net = Net()
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    penalty = Penalty(moving.trained(net), 0.25)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter))
        dict(net.named_parameters())["lm.0.bias"][:3] = before["lm.0.bias"][
            :3
        ]  # not moved: no gradient
    inputs = torch.randn(4, 5)

    net.head(net.lm(inputs)).square().sum().backward()
    value = penalty.add_gradients()
    found = {n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}
    net.zero_grad()
    trained = {n: p for n, p in net.lm.named_parameters(prefix="lm") if p.requires_grad}
    l1 = 0.25 * torch.stack([(p - before[n]).abs().sum() for n, p in trained.items()]).sum()
    (net.head(net.lm(inputs)).square().sum() + l1).backward()
    assert abs(value - l1.item()) < 1e-5
    for name, parameter in net.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(found[name], parameter.grad, msg=name)
