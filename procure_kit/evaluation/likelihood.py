"""Measures that move long before a verdict does: how likely a model finds the text of a pair, without sampling any.

    rows = likelihoods(model, tokenizer, pairs)    # one a pair, in nats
    measures(rows)                                 # with 95 % intervals over problems: measures.py

On a model near its floor Pass@1 says nothing, as both verdicts are "no" nearly everywhere; every pair has likelihoods.
The measures are ours; LeaF and CodeFort train on a KL like `behind_kl`, and CETBench (ACL Findings 2026) has the twins.
"""

import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

from procure_kit.concepts.twins.twin import twin
from procure_kit.problems.counterfactual import IDENTITY, Counterfactual, NotApplicable, Span
from procure_kit.problems.problem import Problem
from procure_kit.training.alignment import aligned_tokens, response_tokens
from procure_kit.training.examples import altered_spans, build_example, collate, tokens_in_spans
from procure_kit.training.loss.modes import in_eval_mode
from procure_kit.training.loss.projection import at_projection, cross_entropy, is_probe
from procure_kit.training.loss.wrappers import name_of

RENAMINGS = ("def_use_break", "variable_name_random", "variable_name_shuffle")  # the concepts that change names alone
CHUNK = 128  # tokens projected onto the vocabulary at once
ANY_LENGTH = 10**9
NATS = ("behind_original", "behind_counterfactual", "behind_kl", "uses_original", "uses_counterfactual")
NATS += ("original_over_twin", "counterfactual_over_twin")


def likelihoods(
    model,
    tokenizer,
    pairs: Iterable[tuple[Counterfactual, Problem | None]],
    *,
    twins: bool = True,
    batch_size: int = 16,
) -> list[dict]:
    """One row a pair, in the pairs' order: the IDENTITY fields, and in nats:

    behind_original, behind_counterfactual: mean loss a token of the untouched response tokens behind the first change
        (`training/alignment.py`), the same tokens on both sides; `behind_tokens` counts them.
    behind_kl: the mean there of KL(prediction in the original || in the counterfactual).
    uses_original, uses_counterfactual: of renamings, the mean loss of a whole name where it is used: the sum over its
        tokens, so that names of one token and of four compare. A use is a later mention (`altered_spans`, "uses"; of
        shuffled names, too, without the first); the original's are those in the same places. `uses` counts them, and
        `uses_tokens` their tokens in the counterfactual.
    original_over_twin, counterfactual_over_twin: log p(it | statement) − log p(its breaking twin | statement), over the
        whole response with its end. The twin (`pk.twin`, not run here) is made from the original by an edit of the same
        kind and size as the counterfactual's. So counterfactual over twin is the fair comparison, with a chance of one
        half: both hold the same new names, or moved bodies. Original over twin also says how natural such an edit is:
        two versions of one model compare by it, the share of one alone says little.

    A measure without a token or a twin is None. `batch_size` pairs are run together, without gradients, the vocabulary
    projected for a few tokens at a time. A pair with a program longer than the model's context is warned of, and all of
    its measures are None.

    Raises: NotImplementedError for a model that changes its logits after the projection.
    """
    pairs = list(pairs)
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None) or ANY_LENGTH
    rows: list[dict] = [{name: getattr(cf, name) for name in IDENTITY} for cf, _ in pairs]
    order = sorted(range(len(pairs)), key=lambda i: (len(pairs[i][0].original), pairs[i][0].original))
    with in_eval_mode(model), torch.inference_mode():
        for start in tqdm(range(0, len(order), batch_size), desc="likelihoods", unit="batch"):
            chosen = order[start : start + batch_size]
            texts = [_texts(tokenizer, *pairs[i], twins, limit) for i in chosen]
            for i, measured in zip(chosen, _measured(model, tokenizer, texts), strict=True):
                rows[i] |= measured
    return rows


@dataclass(frozen=True)
class _Texts:
    """What is run of a pair: examples of original, counterfactual and perhaps twin (none: too long), and tokens in
    them, by position."""

    examples: list[dict]
    behind: list[tuple[int, int]]
    uses: list[tuple[list[int], list[int]]]  # of each use its tokens in the original and in the counterfactual


def _texts(tokenizer, cf: Counterfactual, problem: Problem | None, twins: bool, limit: int) -> _Texts:
    def example(cf: Counterfactual, side: str) -> dict:
        return build_example(tokenizer, cf, problem, side=side, max_length=ANY_LENGTH)

    examples = [example(cf, "original"), example(cf, "counterfactual")]
    if twins:
        with suppress(NotApplicable):
            examples.append(example(twin(cf), "counterfactual"))
    longest = max(len(one["input_ids"]) for one in examples)
    if longest > limit:
        told = f"a program of {longest} tokens is longer than the model's context of {limit}"
        warnings.warn(f"{cf.task_id}, {cf.concept}: {told}; it is not measured", stacklevel=3)
        return _Texts([], [], [])
    return _Texts(examples, aligned_tokens(tokenizer, cf, problem, limit), _uses(tokenizer, cf, problem))


def _uses(tokenizer, cf: Counterfactual, problem: Problem | None) -> list[tuple[list[int], list[int]]]:
    if cf.concept not in RENAMINGS or len(cf.changed) != len(cf.changed_original):
        return []
    known, seen, spans = set(altered_spans(cf, "uses")), set(), []
    for old, new in zip(cf.changed_original, cf.changed, strict=True):
        name = cf.counterfactual[slice(*new)]
        if new in known and name in seen:
            spans.append((old, new))
        seen.add(name)
    first, second = (response_tokens(tokenizer, cf, problem, side) for side in ("original", "counterfactual"))
    found = [(_in_span(cf.original, first, a), _in_span(cf.counterfactual, second, b)) for a, b in spans]
    return [use for use in found if all(use)]


def _in_span(program: str, tokens: list[tuple[int, Span]], span: Span) -> list[int]:
    inside = tokens_in_spans(program, [place for _, place in tokens], [span])
    return [position for (position, _), flag in zip(tokens, inside, strict=True) if flag and position]


def _measured(model, tokenizer, texts: list[_Texts]) -> list[dict]:
    """Run each different text of a batch once. Shapes: B texts, N tokens, E hidden size, K aligned tokens."""
    unique = {tuple(example["input_ids"]): example for text in texts for example in text.examples}
    if not unique:
        return [_row(text, [], None, []) for text in texts]
    place = {ids: row for row, ids in enumerate(unique)}
    rows = [[place[tuple(example["input_ids"])] for example in text.examples] for text in texts]
    batch = {name: values.to(model.device) for name, values in collate(list(unique.values()), 0).items()}  # (B, N)
    ids, response = batch["input_ids"], batch["labels"] != -100
    response[:, 0] = False  # nothing predicts it
    aligned = [(of[0], a, of[1], b) for text, of in zip(texts, rows, strict=True) for a, b in text.behind]
    aligned = torch.tensor(aligned, device=model.device, dtype=torch.long).reshape(-1, 4)  # (K, 4)
    losses, kl = torch.zeros(ids.shape, device=model.device), []

    def measure(hidden, head):
        for row, token in (part.unbind(1) for part in response.nonzero().split(CHUNK)):
            losses[row, token] = cross_entropy(head(hidden[row, token - 1]), ids[row, token])
        for one, a, other, b in (part.unbind(1) for part in aligned.split(CHUNK)):
            p, q = (head(states).float().log_softmax(-1) for states in (hidden[one, a - 1], hidden[other, b - 1]))
            kl.extend(F.kl_div(q, p, reduction="none", log_target=True).sum(-1).tolist())

    with at_projection(model, measure):  # padding on the right is in nobody's past: no mask is needed
        outputs = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
    if not is_probe(outputs.logits):
        raise NotImplementedError(f"{name_of(model)} changes its logits after the projection: they are not measured")
    losses, divergences = losses.double().cpu(), iter(kl)
    return [_row(t, of, losses, [next(divergences) for _ in t.behind]) for t, of in zip(texts, rows, strict=True)]


def _row(text: _Texts, rows: list[int], losses: torch.Tensor | None, kl: list[float]) -> dict:
    counts = {"behind_tokens": len(text.behind), "uses": len(text.uses)}
    found = dict.fromkeys(NATS) | counts | {"uses_tokens": sum(len(new) for _, new in text.uses)}
    if not rows:
        return found
    for side, name in enumerate(("original", "counterfactual")):
        of_text = losses[rows[side]]
        found[f"behind_{name}"] = _mean([of_text[pair[side]].item() for pair in text.behind])
        found[f"uses_{name}"] = _mean([of_text[use[side]].sum().item() for use in text.uses])
        if len(rows) > 2:
            found[f"{name}_over_twin"] = (losses[rows[2]].sum() - of_text.sum()).item()
    return found | {"behind_kl": _mean(kl)}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
