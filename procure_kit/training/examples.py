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
from procure_kit.training.encoding import encode, frame_ids
from procure_kit.training.templates import frame

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
    Programs and statements are text: what spells a control token there is none. An example ends as its template ends a
    turn (the others than "chat": as the tokenizer ends a text), and that end is part of the response.

    Warns when `max_length` cuts off every altered token. Raises: ValueError for an unknown choice, a pair without a cut
    point, a tokenizer without offsets or chat template, or a prompt that leaves no room for the response.
    """
    if side not in ("counterfactual", "original") or response not in ("program", "rest"):
        raise ValueError(f"no side {side!r} with response {response!r}: counterfactual or original, program or rest")
    if type(max_length) is not int or max_length < 1:
        raise ValueError(f"max_length must be a whole number of tokens from 1 up, not {max_length!r}")
    if not tokenizer.is_fast:
        raise ValueError(f"{type(tokenizer).__name__} gives no character offsets: load the fast tokenizer")
    program = getattr(cf, side)
    spans = altered_spans(cf, targets) if side == "counterfactual" else ()
    around = frame(tokenizer, template, None if problem is None else problem.prompt)
    lead, given = around.lead, _given(cf, problem, template, response, side)
    text = lead + program
    boundary = len(text[: len(lead) + given].rstrip())
    ids, offsets = encode(tokenizer, text, [around.task, (len(lead), len(text))])
    before, end = ([], []) if template == "chat" else frame_ids(tokenizer)
    if around.end is not None:
        end = encode(tokenizer, around.end, ())[0]
    elif template == "chat":  # whose turns end with no control token
        end = frame_ids(tokenizer)[1]
    labels = [token if stop > boundary else -100 for token, (_, stop) in zip(ids, offsets, strict=True)]
    shifted = [(start + len(lead), stop + len(lead)) for start, stop in spans]
    in_spans = tokens_in_spans(text, offsets, shifted)
    changed = [int(inside and label != -100) for inside, label in zip(in_spans, labels, strict=True)]
    ids, labels, changed = before + ids + end, [-100] * len(before) + labels + end, [0] * len(before) + changed
    changed += [0] * len(end)

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


def _given(cf, problem, template, response, side) -> int:
    """How many characters of the program are given and not to be written."""
    program = getattr(cf, side)
    if response == "rest":
        cuts = cut_pair(cf)
        if cuts is None:
            raise NoResponse(f'{cf.task_id}: {cf.concept} has no cut point here, use response="program"')
        return len(cuts[side == "counterfactual"].prefix)
    starts_with_statement = template == "plain" and problem is not None and program.startswith(problem.prompt)
    return len(problem.prompt) if starts_with_statement else 0


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


def collate(examples: Sequence[dict], pad_token_id: int | None, side: str = "right") -> dict[str, torch.Tensor]:
    """Pad examples to one batch: `input_ids`, `attention_mask`, `labels` (long) and `changed` (bool), each (B, N).

    pad_token_id: any token will do (None: token 0), for what fills up a row is seen by nobody.
    One text a row: packing several into one is not offered, as the fused mass would need a mask of its own for them.
    """
    if side not in ("left", "right"):
        raise ValueError(f"padding goes on the left or the right side, not {side!r}")
    fills = {"input_ids": pad_token_id or 0, "attention_mask": 0, "labels": -100, "changed": 0}
    length = max(len(example["input_ids"]) for example in examples)

    def padded(values, fill):
        padding = [fill] * (length - len(values))
        return padding + list(values) if side == "left" else list(values) + padding

    batch = {name: torch.tensor([padded(e[name], fill) for e in examples]) for name, fill in fills.items()}
    return batch | {"changed": batch["changed"].bool()}
