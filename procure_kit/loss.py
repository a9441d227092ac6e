"""The concept-sensitive loss: L = NLL + lam · (w_mask · mask + w_att · attention). See `LossConfig`.

The paper describes it in prose (arXiv 2508.12620); its formulas could not be read. This form is our reconstruction:

    nll       = −(1/|T|) Σ_{t∈T} log p(y_t | y_<t)              T: response tokens
    mask      = −(1/|M|) Σ_{t∈M} log p(y_t | y_<t)              M: response tokens altered against the original
    attention =  (1/|Q|) Σ_{t∈Q} (1 − Σ_{m∈M, m≤t} Ā[t, m])     Q: response tokens after the first altered one
                                                                Ā: mean over the chosen heads and layers
Each mean runs over all tokens of the batch. A token counts in T, M and Q by its own position. `labels` are −100 outside
the response, and `changed` marks M.

`implementation="eager"` computes just that from full logits and N×N attention maps. "fused" gives the same values and
gradients from a chunked projection and the fused attention mass, at about the price of the NLL alone.

Shapes: B batch, N tokens, S response tokens, L layers, H heads, V vocabulary, E hidden size.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

from procure_kit.attention import attention_implementation, forward_with_mass, layer_indices, unwrapped

CHUNK = 512  # response tokens projected onto the vocabulary at once
EPS = 1e-6  # the least mass that the "log" form tells apart from none

FORMS = {
    "complement": lambda mass: 1 - mass,
    "linear": lambda mass: -mass,  # the gradient of "complement", without its constant
    "log": lambda mass: -mass.clamp_min(EPS).log(),
}


@dataclass(frozen=True)
class LossConfig:
    """The loss's parameters. Raises: ValueError for a value outside its range."""

    lam: float = 0.1  # the paper's, set empirically there
    w_mask: float = 1.0  # our reconstruction, as is everything below
    w_att: float = 1.0
    layers: tuple[int, ...] = (-1,)  # negative ones count from the last
    heads: tuple[int, ...] | None = None  # query heads, the same in each layer; None: all
    form: str = "complement"  # of the attention term, by the mass m: 1 − m; "log": −log m; "linear": −m

    def __post_init__(self):
        for name in ("lam", "w_mask", "w_att"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be a number from 0 up, not {getattr(self, name)!r}")
        for name in ("layers", "heads"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(value))  # lists come from TOML and JSON
                if not value or not all(type(index) is int for index in value):
                    raise ValueError(f"{name} must name at least one whole number, not {value!r}")
        if self.layers is None:
            raise ValueError("layers must name at least one whole number, not None")
        if self.form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, not {self.form!r}")


class TokenCounts(NamedTuple):
    """The denominators |T|, |M| and |Q|."""

    n_response: int
    n_changed: int
    n_query: int


@dataclass(frozen=True)
class LossParts:
    """The loss and its terms as scalars with gradient, and what they were measured on.

    A term without a token (n_changed or n_query is 0) is zero: count such batches, they train no concept.
    """

    total: torch.Tensor
    nll: torch.Tensor
    mask: torch.Tensor
    attention: torch.Tensor
    mean_mass: torch.Tensor  # Σ_m Ā[t, m], averaged over Q; no gradient
    n_response: int
    n_changed: int
    n_query: int


def token_sets(batch: dict) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """T, M and Q as booleans (B, N). The first position is in none: nothing predicts it."""
    response = batch["labels"] != -100
    response[:, 0] = False
    changed = batch["changed"].bool() & response
    query = response & (changed.cumsum(1) - changed.long() > 0)  # something altered stands strictly before
    return response, changed, query


def token_counts(batch: dict) -> TokenCounts:
    return TokenCounts(*(int(tokens.sum()) for tokens in token_sets(batch)))


def concept_loss(
    model,
    batch: dict,
    config: LossConfig | None = None,
    implementation: str = "fused",
    denominators: TokenCounts | None = None,
) -> LossParts:
    """The loss of one batch: `input_ids`, `attention_mask`, `labels`, `changed`, each (B, N), padded on either side.

    `denominators` replaces |T|, |M| and |Q| of this batch by those of a larger one that it is a part of (gradient
    accumulation, several processes): the parts then add up to the larger batch's loss.
    With gradient checkpointing the model keeps the attention that the loss ran with.

    Raises: ValueError for a batch without a response token, a layer or head that the model lacks, or an unknown
    implementation;
    NotImplementedError for an architecture that the fused form does not fit, naming eager as the way.
    """
    config = config or LossConfig()
    if implementation not in IMPLEMENTATIONS:
        raise ValueError(f"implementation must be {' or '.join(IMPLEMENTATIONS)}, not {implementation!r}")
    response, changed, query = token_sets(batch)
    counts = TokenCounts(int(response.sum()), int(changed.sum()), int(query.sum()))
    if counts.n_response == 0:
        raise ValueError("the batch has no response token to learn from: every label is -100")
    layers = layer_indices(unwrapped(model), config.layers)
    _check_heads(unwrapped(model), config.heads)
    losses, mass = IMPLEMENTATIONS[implementation](model, batch, response, changed, layers)  # (S,), (L, B, H, N)
    over = TokenCounts(*(max(n, 1) for n in denominators or counts))

    mass = mass if config.heads is None else mass[:, :, list(config.heads)]
    mass = mass.to(losses.dtype).mean(dim=(0, 2))[query]  # (|Q|,)
    nll = losses.sum() / over.n_response
    mask = (losses * changed[response]).sum() / over.n_changed
    attention = FORMS[config.form](mass).sum() / over.n_query
    total = nll + config.lam * (config.w_mask * mask + config.w_att * attention)
    return LossParts(total, nll, mask, attention, mass.detach().sum() / over.n_query, *counts)


def _check_heads(model, heads: tuple[int, ...] | None) -> None:
    count = model.config.get_text_config().num_attention_heads
    if wrong := [head for head in heads or () if not 0 <= head < count]:
        raise ValueError(f"head {wrong[0]} does not exist: the model has {count} query heads, 0 to {count - 1}")


def _eager(model, batch, response, changed, layers) -> tuple[torch.Tensor, torch.Tensor]:
    """The readable reference: all logits (B, N, V) and all maps (L, B, H, N, N)."""
    with attention_implementation(unwrapped(model), "eager"):
        outputs = model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            output_attentions=True,
            use_cache=False,
        )
    logits = outputs.logits[:, :-1][response[:, 1:]]  # (S, V): position t − 1 predicts token t
    losses = F.cross_entropy(_at_least_float(logits), batch["labels"][response], reduction="none")
    maps = torch.stack([outputs.attentions[layer] for layer in layers])
    return losses, (maps * changed[:, None, None, :]).sum(-1)  # (L, B, H, N): row t over the columns in M


def _fused(model, batch, response, changed, layers) -> tuple[torch.Tensor, torch.Tensor]:
    """The same from the hidden states and the fused mass: no tensor of N×V, none of N×N."""
    mask = batch["attention_mask"].bool()
    if not (mask[:, 1:] & ~mask[:, :-1]).any():
        mask = torch.ones_like(mask)  # padding on the right is in nobody's past: causal order hides it, without a mask
    inputs = {"input_ids": batch["input_ids"], "attention_mask": mask.long()}
    with _projected_in_chunks(unwrapped(model), response, batch["labels"]) as projected:
        outputs, mass = forward_with_mass(model, inputs, changed[..., None], layers)
    _check_projection(unwrapped(model), projected["last_logits"], outputs.logits)
    return projected["losses"], mass[..., 0]


IMPLEMENTATIONS = {"fused": _fused, "eager": _eager}


@contextmanager
def _projected_in_chunks(model, response, labels):
    """While the model runs, turn the decoder's last hidden states into the loss (S,) of each response token.

    A hook does it, and not the caller, so that it happens within the model's own autocast and wrappers.
    """
    projected = {}
    head = model.get_output_embeddings()

    def project(module, args, output):
        hidden = output[0]  # (B, N, E)
        projected["losses"] = token_losses(hidden[:, :-1][response[:, 1:]], labels[response], head)
        with torch.no_grad():
            projected["last_logits"] = head(hidden[:, -1:])

    handle = model.get_decoder().register_forward_hook(project)
    try:
        yield projected
    finally:
        handle.remove()


def token_losses(hidden: torch.Tensor, targets: torch.Tensor, head, chunk: int = CHUNK) -> torch.Tensor:
    """The cross-entropy (S,) of each token from its hidden state (S, E), at most `chunk`×V logits at a time."""
    trained = any(parameter.requires_grad for parameter in head.parameters())
    losses = _projected_again if trained or not torch.is_grad_enabled() else _projected_once
    chunks = zip(hidden.split(chunk), targets.split(chunk), strict=True)
    return torch.cat([losses(states, labels, head) for states, labels in chunks])


def _losses(hidden, targets, head) -> torch.Tensor:
    return F.cross_entropy(_at_least_float(head(hidden)), targets, reduction="none")


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


def _at_least_float(logits: torch.Tensor) -> torch.Tensor:
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _check_projection(model, ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Refuse a model that scales or caps its logits after the projection."""
    tolerance = {torch.float64: 1e-9, torch.float32: 1e-5}.get(ours.dtype, 1e-2)
    theirs = theirs[:, -1:]
    if (ours - theirs).abs().max() > tolerance * theirs.abs().max():
        raise NotImplementedError(
            f"{type(model).__name__} changes its logits after the projection (scaling or soft-capping), "
            'which the fused loss does not follow: use implementation="eager"'
        )
