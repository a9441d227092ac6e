"""A model measured: in evaluation mode for as long as that takes, and then as it was."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_eval_mode(model) -> Iterator[None]:
    """No dropout inside; afterwards each module is in the mode that it was in."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
