"""The cross-entropy of chosen tokens without the logits of all: the projection onto the vocabulary, chunk by chunk.

Shapes: B batch, N tokens, S response tokens, V vocabulary, E hidden size.
"""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

CHUNK = 512  # response tokens projected onto the vocabulary at once


@contextmanager
def at_projection(model, measure):
    """While the model runs, hand what enters its projection, (B, N, E), and the projection to `measure`.

    It happens in hooks of the projection, so within the model's own autocast and wrappers. The model itself projects
    one position, and gets known numbers for it: `is_probe` tells afterwards whether it leaves its logits as they are.
    """
    head, leaving = model.get_output_embeddings(), []

    def project(module, args):
        entering.remove()  # what is measured goes through the same module
        measure(args[0], head)
        leaving.append(head.register_forward_hook(lambda module, args, logits: _probe(logits)))
        return (args[0][:, -1:],)

    entering = head.register_forward_pre_hook(project)
    try:
        yield
    finally:
        for handle in (entering, *leaving):
            handle.remove()


@contextmanager
def projected_in_chunks(model, response: torch.Tensor, labels: torch.Tensor):
    """While the model runs, yield a list for the loss (S,) of each response token."""
    losses = []

    def measure(hidden, head):
        losses.append(token_losses(hidden[:, :-1][response[:, 1:]], labels[response], head))

    with at_projection(model, measure):
        yield losses


def is_probe(logits: torch.Tensor) -> bool:
    return torch.equal(logits, _probe(logits))


def _probe(logits: torch.Tensor) -> torch.Tensor:
    """Numbers of the logits' shape, so large that no cap leaves them alone, and exact in 16 bits."""
    return (1024 + 8 * (torch.arange(logits.shape[-1], device=logits.device) % 64)).to(logits.dtype).expand_as(logits)


def token_losses(hidden: torch.Tensor, targets: torch.Tensor, head, chunk: int = CHUNK) -> torch.Tensor:
    """The cross-entropy (S,) of each token from its hidden state (S, E), at most `chunk`×V logits at a time."""
    trained = any(parameter.requires_grad for parameter in head.parameters())
    losses = _projected_again if trained or not torch.is_grad_enabled() else _projected_once
    chunks = zip(hidden.split(chunk), targets.split(chunk), strict=True)
    return torch.cat([losses(states, labels, head) for states, labels in chunks])


def _projected_again(hidden, targets, head) -> torch.Tensor:
    """For any projection: the logits are dropped, and the backward pass computes them once more."""
    return checkpoint(_losses, hidden, targets, head, use_reentrant=False)


def _projected_once(hidden, targets, head) -> torch.Tensor:
    """For a frozen projection (LoRA): take the gradient now, while the logits are there.

    A token's loss depends on its own hidden state alone, so that its gradient (E,) can wait for the token's weight.
    """
    with torch.enable_grad():
        states = hidden.detach().requires_grad_()
        losses = _losses(states, targets, head)
        (gradient,) = torch.autograd.grad(losses.sum(), states)
    return losses.detach() + ((hidden - hidden.detach()) * gradient).sum(-1)  # the value, and its gradient's carrier


def _losses(hidden, targets, head) -> torch.Tensor:
    return cross_entropy(head(hidden), targets)


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Of each token (S,) from its logits (S, V), in 32 bits at least."""
    return F.cross_entropy(logits.to(torch.promote_types(logits.dtype, torch.float32)), targets, reduction="none")
