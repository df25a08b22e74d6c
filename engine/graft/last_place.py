"""Units in the last place: how fine the numbers of a dtype lie where a weight is."""

import torch


def ulp(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The distance from |x| to the next larger number of `dtype`, of (n,) float64 that are exact
    in it (Goldberg 1991, section 1.2)."""
    about = torch.finfo(dtype)
    exponent = torch.frexp(values.abs().clamp(min=about.smallest_normal)).exponent - 1
    return torch.ldexp(torch.full_like(values, about.eps), exponent)
