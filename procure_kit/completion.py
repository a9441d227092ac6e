"""Let a local causal model continue programs, in batches, with the token boundary at the prompt's end healed.

A prompt's last token may be one that the model would never have chosen there (a byte-level BPE joins a newline with
the indentation that follows). So the prompt drops its trailing white space and its last token, and the first new
token must begin with the dropped one's text.
"""

import random
import re

from procure_kit.cuts import Cut


def complete(
    model,
    tokenizer,
    cuts: list[Cut],
    *,
    samples: int = 1,
    temperature: float = 0.8,
    max_new_tokens: int = 128,
    batch_size: int = 8,
    seed: int = 0,
) -> list[list[str]]:
    """Return `samples` continuations of each cut's prefix, each ended where the function ends.

    One sample is greedy; several are drawn at `temperature`. The result of a seed depends on the batch size too.
    """
    import torch

    random.seed(seed)
    torch.manual_seed(seed)
    sampling = {"do_sample": True, "temperature": temperature, "top_p": 0.95} if samples > 1 else {"do_sample": False}
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    texts = []
    for start in range(0, len(cuts), batch_size):
        batch = cuts[start : start + batch_size]
        prompts = [tokenizer(cut.prefix.rstrip())["input_ids"] for cut in batch]
        texts += _continue(model, tokenizer, batch, prompts, pieces, samples, max_new_tokens, sampling)
    return texts


def _continue(model, tokenizer, batch, prompts, pieces, samples, max_new_tokens, sampling) -> list[list[str]]:
    import torch
    from transformers import LogitsProcessorList, StoppingCriteriaList

    kept = [prompt[:-1] or prompt for prompt in prompts]  # a lone token has nothing before it to stand on
    width = max(map(len, kept))
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in kept], device=model.device)  # (B, T)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in kept], device=model.device)
    allowed = [
        [i for i, piece in enumerate(pieces) if len(prompt) == 1 or piece.startswith(pieces[prompt[-1]])]
        for prompt in prompts
    ]
    # What is decoded is always prompt and continuation together: some tokenizers drop a leading space.
    skip = [len(text) for text in tokenizer.batch_decode(prompts)]
    rows = [row for row in range(len(batch)) for _ in range(samples)]

    def heal(input_ids, scores):
        if input_ids.shape[1] > width:
            return scores
        healed = torch.full_like(scores, float("-inf"))
        for i, row in enumerate(rows):
            healed[i, allowed[row]] = scores[i, allowed[row]]
        return healed

    def continuations(output_ids):
        new = tokenizer.batch_decode([kept[row] + output_ids[i, width:].tolist() for i, row in enumerate(rows)])
        for row, text in zip(rows, new, strict=True):
            yield text[skip[row] :], batch[row].indent

    def function_ended(output_ids, scores):
        ended = [len(function_rest(text, indent)) < len(text) for text, indent in continuations(output_ids)]
        return torch.tensor(ended, device=output_ids.device)

    output = model.generate(
        ids,
        attention_mask=mask,
        num_return_sequences=samples,
        max_new_tokens=max_new_tokens,
        pad_token_id=pad,
        logits_processor=LogitsProcessorList([heal]),
        stopping_criteria=StoppingCriteriaList([function_ended]),
        **sampling,
    )
    special = [token for token in tokenizer.all_special_tokens if token]
    texts = [function_rest(_before_any(text, special), indent) for text, indent in continuations(output)]
    return [texts[i : i + samples] for i in range(0, len(texts), samples)]


def function_rest(text: str, indent: int = 0) -> str:
    """The part of a continuation that still belongs to a function whose `def` stands `indent` columns in."""
    end = re.search(rf"\n[ \t]{{0,{indent}}}(?=\S)", text)
    return text[: end.start()] if end else text


def _before_any(text: str, stops: list[str]) -> str:
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]
