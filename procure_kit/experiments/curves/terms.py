"""The loss of one batch: the kit's concept-sensitive loss, or the plain one with a term that looks at two rows."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from procure_kit.experiments.curves.arms import Arm
from procure_kit.experiments.curves.stream import Row, Unit
from procure_kit.training.alignment import aligned_tokens
from procure_kit.training.examples import collate
from procure_kit.training.loss.loss import LossConfig, TokenCounts, concept_loss, token_counts


@dataclass(frozen=True)
class Batch:
    """Tensors (B, N), and which rows of them belong together."""

    tensors: dict[str, torch.Tensor]
    tokens: int  # of all rows, padding left out
    pairs: list[tuple[int, int, list[tuple[int, int]]]]  # rows of original and counterfactual, and their aligned tokens
    twins: list[tuple[int, int]]  # rows of a counterfactual and of its breaking twin


def batch_of(tokenizer, arm: Arm, units: list[Unit], texts: list[Row]) -> Batch:
    """The rows of the units, then those of the texts."""
    rows, pairs, twins = [], [], []
    for unit in units:
        first = len(rows)
        if arm.kl:
            pairs.append((first, first + 1, aligned_tokens(tokenizer, *unit.pair)))
        if arm.rows == "twins":
            twins.append((first + 1, first + 2))
        rows += unit.rows
    rows += texts
    return Batch(collate(rows, tokenizer.pad_token_id), sum(len(row["input_ids"]) for row in rows), pairs, twins)


def batch_loss(model, batch: Batch, arm: Arm, step: TokenCounts, share: float, tokens: int) -> torch.Tensor:
    """What a batch adds to the loss of its step, after `tokens` tokens of tuning.

    `step` are the denominators of the whole step, and `share` what the batch is of it. The loss of an arm without terms
    of its own is the kit's `concept_loss`.
    """
    if not (arm.kl or arm.preference):
        w_att = arm.w_att * max(0.0, 1 - tokens / arm.fades) if arm.fades else arm.w_att
        config = LossConfig(lam=arm.lam, w_mask=arm.w_mask, w_att=w_att, layers=arm.layers, form=arm.form)
        return concept_loss(model, batch.tensors, config, denominators=step).total
    inputs = {name: batch.tensors[name] for name in ("input_ids", "attention_mask")}
    logits = model(**inputs).logits[:, :-1].float()  # (B, N − 1, V): position t − 1 predicts token t
    labels = batch.tensors["labels"][:, 1:]
    losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none")  # (B, N − 1), 0 where there is no label
    learnt = torch.ones(len(labels), dtype=torch.bool)
    learnt[[twin for _, twin in batch.twins]] = False
    total = losses[learnt].sum() / step.n_response
    if arm.kl:
        total = total + share * arm.kl * consistency(logits, batch.pairs)
    if arm.preference:
        total = total + share * arm.preference * preference(-losses.sum(1), batch.twins)
    return total


def counts_of(batches: list[Batch]) -> TokenCounts:
    """The denominators of a step: response, altered and query tokens. Twins that break are not learnt from."""
    counts = [token_counts(batch.tensors) for batch in batches]
    twins = sum(int((batch.tensors["labels"][twin, 1:] != -100).sum()) for batch in batches for _, twin in batch.twins)
    response, altered, query = (sum(column) for column in zip(*counts, strict=True))
    return TokenCounts(response - twins, altered, query)


def consistency(logits: torch.Tensor, pairs: list) -> torch.Tensor:
    """Mean KL(original's prediction, counterfactual's) over aligned tokens; the original's is the teacher and is held.

    CodeFort (arXiv 2405.01567) and LeaF have such a term; this form is our reconstruction.
    """
    places = [(row, i - 1, other, j - 1) for row, other, aligned in pairs for i, j in aligned if i and j]
    row, i, other, j = torch.tensor(places).T
    teacher, student = logits[row, i].detach().log_softmax(-1), logits[other, j].log_softmax(-1)
    return F.kl_div(student, teacher, log_target=True, reduction="batchmean")


def preference(likelihoods: torch.Tensor, twins: list[tuple[int, int]]) -> torch.Tensor:
    """Mean −log σ(log p(counterfactual) − log p(twin)), of whole responses (B,); our reconstruction."""
    ours, broken = torch.tensor(twins).T
    return -F.logsigmoid(likelihoods[ours] - likelihoods[broken]).mean()
