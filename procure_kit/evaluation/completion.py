"""Let a local causal model continue programs, many at a time: each prompt is read once for all of its samples.

A prompt's last token may be one that the model would never have chosen there (a byte-level BPE joins a newline with
the indentation that follows). So the prompt drops its trailing white space and its last token, and the first new
token must begin with the dropped one's text.
"""

import random

from procure_kit.evaluation.function_end import function_rest
from procure_kit.problems.ranges import refuse_impossible
from procure_kit.training.cuts import Cut

TOP_P = 0.95
COLDEST = 1e-6  # a temperature below it would make logits infinite; at it the likeliest token is as good as certain
CONTEXT = 4  # tokens before the new ones that are decoded along: some tokenizers drop a text's leading space
NEWLINES = ("\n", "Ċ", "<0x0A>")  # as tokenizers spell it in their vocabularies


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

    One sample is greedy, and so is temperature 0, where all are alike; several are drawn at `temperature` from the 95 %
    likeliest. `batch_size` prompts are worked on together, times `samples` rows. What is drawn depends on the seed and
    the prompt alone: not on the batch, the other prompts, or white space at the prompt's end.

    Raises: ValueError for a number that cannot be meant.
    """
    numbers = {"samples": samples, "temperature": temperature, "max_new_tokens": max_new_tokens}
    refuse_impossible(**numbers, batch_size=batch_size)
    if samples > 1 and not temperature:
        numbers["samples"] = 1
        greedy = complete(model, tokenizer, cuts, **numbers, batch_size=batch_size, seed=seed)
        return [texts * samples for texts in greedy]
    wanted = [(cut.prefix.rstrip(), cut.indent) for cut in cuts]
    prompts = sorted(set(wanted), key=lambda prompt: len(prompt[0]))  # like with like: less padding
    vocabulary = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    texts = {}
    for start in range(0, len(prompts), batch_size):
        batch = prompts[start : start + batch_size]
        draws = [_draws(f"{seed} {text}", samples, max_new_tokens) for text, _ in batch]
        continuations = _continue(model, tokenizer, vocabulary, batch, draws, temperature)
        texts |= dict(zip(batch, continuations, strict=True))
    return [texts[prompt] for prompt in wanted]


def _draws(seed: str, samples: int, length: int) -> list[list[float | None]]:
    """For every sample and token a number from 0 to 1 that picks it; None is greedy."""
    rng = random.Random(seed)
    return [[rng.random() if samples > 1 else None for _ in range(length)] for _ in range(samples)]


def _continue(model, tokenizer, vocabulary, batch, draws, temperature) -> list[list[str]]:
    """The continuations of B prompts, S samples each. Shapes: R rows that still go on, at first B·S; V vocabulary."""
    import torch

    samples = len(draws[0])
    rows = [
        _Row(tokenizer, *prompt, drawn) for prompt, of_prompt in zip(batch, draws, strict=True) for drawn in of_prompt
    ]
    stops = {*tokenizer.all_special_ids, *_as_list(model.generation_config.eos_token_id)}
    newlines = {i for i, piece in enumerate(vocabulary) if any(mark in piece for mark in NEWLINES)}
    with torch.inference_mode():
        first = rows[::samples]
        width = max(len(row.kept) for row in first)
        ids = torch.tensor([[0] * (width - len(row.kept)) + row.kept for row in first], device=model.device)  # (B, T)
        mask = torch.tensor([[0] * (width - len(row.kept)) + [1] * len(row.kept) for row in first], device=model.device)
        output = _forward(model, ids, mask, (mask.cumsum(1) - 1).clamp_min(0), None)
        logits = output.logits[:, -1, : len(vocabulary)].float()  # (B, V)
        for i, row in enumerate(first):
            if row.dropped:
                begins = vocabulary[row.dropped[0]]
                logits[i, [not piece.startswith(begins) for piece in vocabulary]] = -torch.inf
        if samples > 1:
            output.past_key_values.batch_repeat_interleave(samples)
            logits, mask = logits.repeat_interleave(samples, 0), mask.repeat_interleave(samples, 0)

        going = rows
        for step in range(len(draws[0][0])):
            tokens = _choose(logits, [row.draws[step] for row in going], temperature)  # (R,)
            left = [i for i, token in enumerate(tokens.tolist()) if not going[i].ends_with(token, stops, newlines)]
            if not left:
                break
            if len(left) < len(going):
                going = [going[i] for i in left]
                chosen = torch.tensor(left, device=model.device)
                tokens, mask = tokens[chosen], mask[chosen]
                output.past_key_values.batch_select_indices(chosen)
            mask = torch.cat([mask, mask.new_ones(len(going), 1)], dim=1)
            positions = mask.sum(1, keepdim=True) - 1
            output = _forward(model, tokens[:, None], mask, positions, output.past_key_values)
            logits = output.logits[:, -1, : len(vocabulary)].float()  # (R, V)
    texts = [row.text() for row in rows]
    return [texts[i : i + samples] for i in range(0, len(texts), samples)]


def _forward(model, ids, mask, positions, cache):
    return model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )


def _choose(logits, draws: list[float | None], temperature: float):
    """The token (R,) that each row's number picks among the likeliest that hold TOP_P together."""
    import torch

    if draws[0] is None:
        return logits.argmax(-1)
    weights, tokens = (logits / max(temperature, COLDEST)).softmax(-1).sort(descending=True)  # (R, V)
    before = weights.cumsum(-1) - weights
    weights = weights.where(before < TOP_P, 0).cumsum(-1)
    picked = torch.tensor(draws, device=logits.device, dtype=weights.dtype)[:, None] * weights[:, -1:]
    place = torch.searchsorted(weights, picked, right=True).clamp_max(weights.shape[1] - 1)
    return tokens.gather(1, place)[:, 0]


class _Row:
    """One sample in the making."""

    def __init__(self, tokenizer, prefix: str, indent: int, draws: list[float | None]):
        prompt = tokenizer(prefix)["input_ids"] or [tokenizer.bos_token_id or tokenizer.eos_token_id]
        self.kept = prompt[:-1] or prompt  # a lone token has nothing before it to stand on
        self.dropped = prompt[len(self.kept) :]
        self.tokenizer, self.prefix, self.indent, self.draws = tokenizer, prefix, indent, draws
        self.new: list[int] = []
        self.context = self.kept[-CONTEXT:]
        self.skip = len(tokenizer.decode(self.context + self.dropped))
        self.after_newline = False  # the last line may be one that ends the function

    def ends_with(self, token: int, stops: set[int], newlines: set[int]) -> bool:
        """Take a token; whether it was the last one."""
        if token in stops:
            return True
        self.new.append(token)
        if self.after_newline or token in newlines:
            text = self._decoded()
            self.after_newline = not text[text.rfind("\n") + 1 :].strip()
            return len(function_rest(text, self.indent, self.prefix)) < len(text)
        return False

    def text(self) -> str:
        return function_rest(self._decoded(), self.indent, self.prefix)

    def _decoded(self) -> str:
        return self.tokenizer.decode(self.context + self.new)[self.skip :]


def _as_list(value) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]
