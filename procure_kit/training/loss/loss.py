"""The concept-sensitive loss: L = NLL + lam · (w_mask · mask + w_att · attention). See `LossConfig`.

The paper describes it in prose (arXiv 2508.12620); its formulas could not be read. This form is our reconstruction:

    nll       = −(1/|T|) Σ_{t∈T} log p(y_t | y_<t)              T: response tokens
    mask      = −(1/|M|) Σ_{t∈M} log p(y_t | y_<t)              M: response tokens altered against the original
    attention =  (1/|Q|) Σ_{t∈Q} (1 − Σ_{m∈M, m≤t} Ā[t, m])     Q: response tokens after the first altered one
                                                                Ā: mean over the chosen heads and layers
Each mean runs over all tokens of the batch. A token counts in T, M and Q by its own position. `labels` are −100 outside
the response, and `changed` marks M. A row's first token is in none: nothing predicts it.

`implementation="eager"` computes just that from full logits and N×N attention maps. "fused" gives the same values and
gradients from a chunked projection and the fused attention mass, at about the price of the NLL alone.

Shapes: B batch, N tokens, S response tokens, L layers, H heads, V vocabulary, E hidden size.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F

from procure_kit.training.field_types import check_types
from procure_kit.training.loss.attention import forward_with_maps, forward_with_mass, layer_indices, layers_and_heads
from procure_kit.training.loss.foresight import refuse_foresight
from procure_kit.training.loss.projection import cross_entropy, is_probe, projected_in_chunks
from procure_kit.training.loss.wrappers import name_of, unwrapped

BATCH = ("input_ids", "attention_mask", "labels", "changed")
EPS = 1e-6  # the least mass that the "log" form tells apart from none

FORMS = {
    "complement": lambda mass: 1 - mass,
    "linear": lambda mass: -mass,  # the gradient of "complement", without its constant
    "log": lambda mass: -mass.clamp_min(EPS).log(),
    "squared": lambda mass: (1 - mass) ** 2,  # of the one public attention loss (PADA, ICML 2026)
}


@dataclass(frozen=True)
class LossConfig:
    """The loss's parameters. Raises: ValueError for a value outside its range."""

    lam: float = 0.1  # the paper's, set empirically there
    w_mask: float = 1.0  # our reconstruction, as is everything below
    w_att: float = 1.0
    layers: tuple[int, ...] = (-1,)  # negative ones count from the last
    heads: tuple | None = None  # query heads, the same in each layer, or a tuple for each of `layers`; None: all
    form: str = "complement"  # of the attention term, by the mass m: 1 − m; see FORMS for the others

    def __post_init__(self):
        check_types(self, ("lam", "w_mask", "w_att", "form"))
        for name in ("lam", "w_mask", "w_att"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be a number from 0 up, not {getattr(self, name)!r}")
        for name in ("layers", "heads"):
            if not isinstance(getattr(self, name), list | tuple | None):
                raise ValueError(f"{name} must be a list of whole numbers, not {getattr(self, name)!r}")
        # Lists come from TOML and JSON
        layers = () if self.layers is None else tuple(self.layers)
        heads = (
            self.heads
            if self.heads is None
            else tuple(tuple(h) if isinstance(h, (list, tuple)) else h for h in self.heads)
        )
        apart = heads if heads and all(type(head) is tuple for head in heads) else (heads,)
        for name, value in [("layers", layers), *(("heads", each) for each in apart if each is not None)]:
            if not value or not all(type(index) is int for index in value):
                raise ValueError(f"{name} must name at least one whole number, not {value!r}")
        if apart is heads and len(heads) != len(layers):
            raise ValueError(f"heads has {len(heads)} tuples for {len(layers)} layers")
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "heads", heads)
        if self.form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, not {self.form!r}")


# What is left of the loss in each ablation: `replace(config, **ABLATIONS["mask"])`.
ABLATIONS = {
    "nll": {"w_mask": 0.0, "w_att": 0.0},
    "mask": {"w_att": 0.0},
    "attention": {"w_mask": 0.0},
    "both": {},
}


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
    """T, M and Q as booleans (B, N). A row's first token is in none: nothing predicts it."""
    attended = batch["attention_mask"].bool()
    response = (batch["labels"] != -100) & attended & F.pad(attended[:, :-1], (1, 0), value=False)
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

    Raises: ValueError for a batch without a response token or of packed sequences, a layer or head that the model
    lacks, a model that sees the tokens it is to predict, or an unknown implementation;
    NotImplementedError for an architecture that the fused form does not fit, naming eager as the way.
    """
    config = config or LossConfig()
    if implementation not in IMPLEMENTATIONS:
        raise ValueError(f"implementation must be {' or '.join(IMPLEMENTATIONS)}, not {implementation!r}")
    if "position_ids" in batch or batch["attention_mask"].dim() != 2 or (batch["attention_mask"] > 1).any():
        raise ValueError("packed sequences are not offered: one text a row, and an attention_mask (B, N) of 0 and 1")
    _refuse_reentrant(unwrapped(model))
    batch = _from_the_left(batch)
    refuse_foresight(model, batch["input_ids"], batch["attention_mask"].sum(1))
    response, changed, query = token_sets(batch)
    counts = TokenCounts(int(response.sum()), int(changed.sum()), int(query.sum()))
    if counts.n_response == 0:
        raise ValueError("the batch has no response token to learn from: every label is -100")
    chosen = _chosen_heads(unwrapped(model), config)
    losses, mass = IMPLEMENTATIONS[implementation](model, batch, response, changed, list(chosen))  # (S,), (L, B, H, N)
    over = TokenCounts(*(max(n, 1) for n in denominators or counts))

    mass = torch.cat([layer[:, heads] for layer, heads in zip(mass, chosen.values(), strict=True)], dim=1)
    mass = mass.to(losses.dtype).mean(dim=1)[query]  # (|Q|,)
    nll = losses.sum() / over.n_response
    mask = (losses * changed[response]).sum() / over.n_changed
    attention = FORMS[config.form](mass).sum() / over.n_query
    total = nll + config.lam * (config.w_mask * mask + config.w_att * attention)
    return LossParts(total, nll, mask, attention, mass.detach().sum() / over.n_query, *counts)


def _from_the_left(batch: dict) -> dict:
    """The batch with each row's padding moved to its right: there no position counts it, absolute ones included."""
    mask = batch["attention_mask"]
    places = torch.arange(mask.shape[1], device=mask.device)
    places = (places + mask.bool().int().argmax(1)[:, None]) % mask.shape[1]  # (B, N); the first attended comes first
    return {name: values.gather(1, places) for name, values in batch.items() if name in BATCH}


def _refuse_reentrant(model) -> None:
    """Reentrant checkpoints run without autograd, and what a layer returns beside its states has no gradient then."""
    if not (model.training and torch.is_grad_enabled()):
        return
    for module in model.modules():
        checkpointed = getattr(module, "gradient_checkpointing", False)
        function = getattr(module, "_gradient_checkpointing_func", None)
        if checkpointed and getattr(function, "keywords", {}).get("use_reentrant", True):
            raise ValueError(
                "checkpointing with use_reentrant=True drops the attention term's gradient: "
                'model.gradient_checkpointing_enable({"use_reentrant": False})'
            )


def _chosen_heads(model, config: LossConfig) -> dict[int, list[int]]:
    """The heads of each chosen layer, all counted from 0, layers in ascending order."""
    layers = layer_indices(model, config.layers)
    total, count = layers_and_heads(model)
    apart = config.heads is not None and type(config.heads[0]) is tuple
    if apart and len(layers) != len(config.layers):
        raise ValueError(f"layers {config.layers} name a layer twice: give the heads of each layer once")
    chosen = dict.fromkeys(layers, list(config.heads or range(count)))
    if apart:
        chosen |= {layer % total: list(heads) for layer, heads in zip(config.layers, config.heads, strict=True)}
    for head in (head for heads in chosen.values() for head in heads):
        if not 0 <= head < count:
            raise ValueError(f"head {head} does not exist: the model has {count} query heads, 0 to {count - 1}")
    return chosen


def _inputs(model, batch: dict, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
    inputs = {"input_ids": batch["input_ids"], "attention_mask": attention_mask}
    if getattr(unwrapped(model).config, "vision_config", None) is not None:
        inputs["token_type_ids"] = torch.zeros_like(batch["input_ids"])  # text alone; Gemma 3 asks for it in training
    return inputs


def _eager(model, batch, response, changed, layers) -> tuple[torch.Tensor, torch.Tensor]:
    """The readable reference: all logits (B, N, V) and all maps (L, B, H, N, N)."""
    outputs, maps = forward_with_maps(model, _inputs(model, batch, batch["attention_mask"]), layers)
    logits = outputs.logits[:, :-1][response[:, 1:]]  # (S, V): position t − 1 predicts token t
    losses = cross_entropy(logits, batch["labels"][response])
    return losses, (torch.stack(maps) * changed[:, None, None, :]).sum(-1)  # (L, B, H, N): row t over columns in M


def _fused(model, batch, response, changed, layers) -> tuple[torch.Tensor, torch.Tensor]:
    """The same from the hidden states and the fused mass: no tensor of N×V, none of N×N."""
    mask = batch["attention_mask"].bool()
    if not (mask[:, 1:] & ~mask[:, :-1]).any():
        mask = torch.ones_like(mask)  # padding on the right is in nobody's past: causal order hides it, without a mask
    inputs = _inputs(model, batch, mask.long())
    with projected_in_chunks(unwrapped(model), response, batch["labels"]) as losses:
        outputs, mass = forward_with_mass(model, inputs, changed[..., None], layers)
    if len(losses) != 1 or not is_probe(outputs.logits):
        raise NotImplementedError(
            f"{name_of(model)} changes its logits after the projection (scaling or soft-capping), "
            'which the fused loss does not follow: use implementation="eager"'
        )
    return losses[0], mass[..., 0]


IMPLEMENTATIONS = {"fused": _fused, "eager": _eager}
