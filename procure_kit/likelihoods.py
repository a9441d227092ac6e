"""How likely a model finds a text, given what comes before it."""

from collections.abc import Sequence

import torch

from procure_kit.choices import Option


def likelihoods(model, tokenizer, options: Sequence[Option], batch_size: int = 16) -> list[float]:
    """The summed log-probability of each option's text, given what comes before it; a token over the border counts."""
    order = sorted(range(len(options)), key=lambda i: sum(map(len, options[i])))
    scores = [0.0] * len(options)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        rows = [tokenizer("".join(options[i]), return_offsets_mapping=True) for i in batch]
        width = max(len(row["input_ids"]) for row in rows)
        tokens = [row["input_ids"] for row in rows]
        pads = [[0] * (width - len(row)) for row in tokens]  # behind, where no token of the text looks
        ids = torch.tensor([row + pad for row, pad in zip(tokens, pads, strict=True)], device=model.device)  # (B, N)
        ones = [[1] * len(row) + pad for row, pad in zip(tokens, pads, strict=True)]
        mask = torch.tensor(ones, device=model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()  # (B, N - 1, V)
        chosen = logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]  # (B, N - 1)
        for place, i in enumerate(batch):
            border = len(options[i][0].rstrip())
            counts = [end > border for _, end in rows[place]["offset_mapping"]][1:]
            scores[i] = float(chosen[place, : len(counts)][torch.tensor(counts, device=model.device)].sum())
    return scores
