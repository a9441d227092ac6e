"""Counterfactual pairs as training examples: token ids, the labels of the response, and the mask M of altered tokens.

Prompt and program are tokenized as one text, so that tokens fall as they do in running code; a token that reaches over
the boundary belongs to the response. The boundary lies before white space, never after it: a byte-level BPE joins a
newline with the indentation that follows.
"""

import keyword
import re
import warnings
from collections.abc import Sequence

import torch

from procure_kit.problems.counterfactual import Counterfactual, Span
from procure_kit.problems.problem import Problem
from procure_kit.training.cuts import cut_pair

# {task} is TASK with the problem's statement (signature and docstring). "plain" and "chat" are built in; any text with
# {task} in it is a template, too.
TEMPLATES = {
    "instruct": "### Instruction:\n{task}\n\n### Response:\n",
}
TASK = "Complete this Python function.\n\n{statement}"
GENERIC_TASK = "Write a Python program."  # for a pair whose problem is not at hand
NAME = r"[^\W\d]\w*"


class NoResponse(ValueError):
    """A pair that gives no example under these choices; others may."""


class ChangeCutOff(UserWarning):
    """`max_length` cut off every altered token of an example."""


def build_example(
    tokenizer,
    cf: Counterfactual,
    problem: Problem | None = None,
    *,
    template: str = "plain",
    response: str = "program",
    targets: str = "all",
    side: str = "counterfactual",
    max_length: int = 1024,
) -> dict[str, list[int]]:
    """One example: `input_ids`, `attention_mask`, `labels`, `changed`, each a list of at most `max_length` ints.

    template: "plain", code only, whose prompt is the problem's statement as far as the program begins with it;
        "instruct" or another of `TEMPLATES`; "chat", the tokenizer's own; or a text of your own that holds {task}.
    response: "program", the whole program (after the statement in "plain"); "rest", what follows CACP's cut point.
    targets: "all" altered tokens, or "uses": without the first occurrence of each name that the original lacks, which
        nothing can predict.
    The paper says neither which response nor which targets it takes: both defaults are our reconstruction.
    side: "counterfactual", or "original", whose `changed` is empty.
    A token is altered if it overlaps a changed span with more than its leading white space. Only response tokens are.

    Warns when `max_length` cuts off every altered token. Raises: ValueError for an unknown choice, a pair without a cut
    point, a tokenizer without offsets or chat template, or a prompt that leaves no room for the response.
    """
    if side not in ("counterfactual", "original") or response not in ("program", "rest"):
        raise ValueError(f"no side {side!r} with response {response!r}: counterfactual or original, program or rest")
    program = getattr(cf, side)
    spans = altered_spans(cf, targets) if side == "counterfactual" else ()
    lead, given = _prompt(tokenizer, cf, problem, template, response, side)
    text = lead + program
    boundary = len(text[: len(lead) + given].rstrip())
    if not tokenizer.is_fast:
        raise ValueError(f"{type(tokenizer).__name__} gives no character offsets: load the fast tokenizer")
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=template != "chat")
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    labels = [token if end > boundary else -100 for token, (_, end) in zip(ids, offsets, strict=True)]
    shifted = [(start + len(lead), end + len(lead)) for start, end in spans]
    in_spans = tokens_in_spans(text, offsets, shifted)
    changed = [int(inside and label != -100) for inside, label in zip(in_spans, labels, strict=True)]
    if tokenizer.eos_token_id is not None and ids[-1] != tokenizer.eos_token_id:
        ids, labels, changed = ids + [tokenizer.eos_token_id], labels + [tokenizer.eos_token_id], changed + [0]

    if all(label == -100 for label in labels[:max_length]):
        raise NoResponse(f"{cf.task_id}: the prompt alone fills max_length={max_length}, which leaves no response")
    if any(changed) and not any(changed[:max_length]):
        warnings.warn(
            f"{cf.task_id}: max_length={max_length} cuts off all {sum(changed)} altered tokens of {len(ids)}; "
            "the example trains no concept",
            ChangeCutOff,
            stacklevel=2,
        )
    example = {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels, "changed": changed}
    return {name: values[:max_length] for name, values in example.items()}


def build_examples(
    tokenizer,
    pairs: Sequence[tuple[Counterfactual, Problem | None]],
    *,
    originals: bool = True,
    **choices,
) -> tuple[list[dict], dict[str, int]]:
    """Examples of many pairs, each counterfactual followed by its original if `originals` (our reconstruction); and
    what became of them.

    The counts: `examples`; `left_out` (no cut point, or no room for a response); `cut_off` (counterfactuals whose
    altered tokens `max_length` cut off, also warned of); `without_changed` (those, and counterfactuals that have no
    altered token in the response at all: they train no concept). `choices` go to `build_example`.
    """
    examples, counts = [], {"left_out": 0, "cut_off": 0, "without_changed": 0}
    for cf, problem in pairs:
        for side in ("counterfactual", "original") if originals else ("counterfactual",):
            try:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always", ChangeCutOff)
                    example = build_example(tokenizer, cf, problem, side=side, **choices)
            except NoResponse:
                counts["left_out"] += 1
                continue
            examples.append(example)
            counts["cut_off"] += any(warning.category is ChangeCutOff for warning in caught)
            counts["without_changed"] += side == "counterfactual" and not any(example["changed"])
    if counts["cut_off"]:
        warnings.warn(f"{counts['cut_off']} examples lost all altered tokens to max_length", ChangeCutOff, stacklevel=2)
    return examples, {"examples": len(examples)} | counts


def _prompt(tokenizer, cf, problem, template, response, side) -> tuple[str, int]:
    """The text before the program, and how many characters of the program are given and not to be written."""
    program = getattr(cf, side)
    given = 0
    if response == "rest":
        cuts = cut_pair(cf)
        if cuts is None:
            raise NoResponse(f'{cf.task_id}: {cf.concept} has no cut point here, use response="program"')
        given = len(cuts[side == "counterfactual"].prefix)
    elif template == "plain" and problem is not None:
        given = len(problem.prompt) if program.startswith(problem.prompt) else 0
    if template == "plain":
        return "", given
    task = GENERIC_TASK if problem is None else TASK.format(statement=problem.prompt.strip())
    if template == "chat":
        if tokenizer.chat_template is None:
            raise ValueError('this tokenizer has no chat template: use template="instruct"')
        messages = [{"role": "user", "content": task}]
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True), given
    if template not in TEMPLATES and "{task}" not in template:
        raise ValueError(f"no template {template!r}: use plain, chat, {', '.join(TEMPLATES)}, or a text with {{task}}")
    return TEMPLATES.get(template, template).replace("{task}", task), given


def altered_spans(cf: Counterfactual, targets: str = "all") -> list[Span]:
    """The changed spans of the counterfactual, or those "uses" of new names that an earlier occurrence announces."""
    if targets == "all":
        return list(cf.changed)
    if targets != "uses":
        raise ValueError(f'targets must be "all" or "uses", not {targets!r}')
    known = set(re.findall(NAME, cf.original))
    first = {}
    for name in re.finditer(NAME, cf.counterfactual):
        if name[0] not in known and not keyword.iskeyword(name[0]):
            first.setdefault(name[0], name.span())
    spans = []
    for start, end in cf.changed:
        for name_start, name_end in first.values():  # in the order of the text
            if start <= name_start < end:
                spans.append((start, name_start))
                start = name_end
        spans.append((start, end))
    return [(start, end) for start, end in spans if start < end]


def tokens_in_spans(text: str, offsets: Sequence[Span], spans: Sequence[Span]) -> list[bool]:
    """For each token, whether it overlaps a span with more than its leading white space.

    A token of white space alone counts with all of it. So ` x` after an inserted `not ` is not altered, and ` total`
    is where `total` is.
    """
    flags = []
    for start, end in offsets:
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip() or piece)
        flags.append(any(start < span_end and span_start < end for span_start, span_end in spans))
    return flags


def collate(examples: Sequence[dict], pad_token_id: int, side: str = "right") -> dict[str, torch.Tensor]:
    """Pad examples to one batch: `input_ids`, `attention_mask`, `labels` (long) and `changed` (bool), each (B, N).

    One text a row: packing several into one is not offered, as the fused mass would need a mask of its own for them.
    """
    if side not in ("left", "right"):
        raise ValueError(f"padding goes on the left or the right side, not {side!r}")
    fills = {"input_ids": pad_token_id, "attention_mask": 0, "labels": -100, "changed": 0}
    length = max(len(example["input_ids"]) for example in examples)

    def padded(values, fill):
        padding = [fill] * (length - len(values))
        return padding + list(values) if side == "left" else list(values) + padding

    batch = {name: torch.tensor([padded(e[name], fill) for e in examples]) for name, fill in fills.items()}
    return batch | {"changed": batch["changed"].bool()}
