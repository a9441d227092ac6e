"""Texts to tokens, where code is text: what spells a control token in a program or a statement is no control token.

Control tokens come from the template alone. A tokenizer cuts its input at every control token that it sees, so that one
in a program would end a turn, or the text. Tokens are otherwise those of the running text, over all boundaries.
"""

from collections.abc import Sequence

from procure_kit.problems.counterfactual import Span

Encoded = tuple[list[int], list[Span]]  # token ids and their [start, end) in the text


def encode(tokenizer, text: str, ordinary: Sequence[Span]) -> Encoded:
    """The tokens of a text in which only what lies outside of the `ordinary` spans can be a control token."""
    control = control_ids(tokenizer)
    ids, offsets = _encoded(tokenizer, text, split_special_tokens=False)
    inside = [n for n, token in enumerate(ids) if token in control and _overlaps(offsets[n], ordinary)]
    if not inside:
        return ids, offsets
    found: Encoded = ([], [])
    begin = 0
    for token, (start, end) in zip(ids, offsets, strict=True):
        if token in control and not _overlaps((start, end), ordinary):
            _add(found, _as_text(tokenizer, text[begin:start], control), begin)
            _add(found, ([token], [(0, end - start)]), start)
            begin = end
    _add(found, _as_text(tokenizer, text[begin:], control), begin)
    return found


def control_ids(tokenizer) -> set[int]:
    """Special tokens, and other added ones that are not white space: of fill-in-the-middle, tools, turns."""
    added = {id for id, token in tokenizer.added_tokens_decoder.items() if token.content.strip()}
    return added | set(tokenizer.all_special_ids)


def frame_ids(tokenizer) -> tuple[list[int], list[int]]:
    """What the tokenizer itself puts before a text and behind it; behind it, if nothing, its end of text."""
    encoded = tokenizer("x", return_special_tokens_mask=True)
    ids, mask = encoded["input_ids"], encoded["special_tokens_mask"]
    first = mask.index(0)
    last = len(mask) - mask[::-1].index(0)
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    return ids[:first], ids[last:] or end


def _as_text(tokenizer, text: str, control: set[int]) -> Encoded:
    ids, offsets = _encoded(tokenizer, text, split_special_tokens=True)
    for token, (start, end) in zip(ids, offsets, strict=True):
        if token in control and end - start > 1:  # one that is not special, or a piece of a unigram model: cut it
            found = _as_text(tokenizer, text[: start + 1], control)
            _add(found, _as_text(tokenizer, text[start + 1 :], control), start + 1)
            return found
    return ids, offsets


def _encoded(tokenizer, text: str, **options) -> Encoded:
    if not text:
        return [], []
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False, **options)
    return list(encoded["input_ids"]), [tuple(span) for span in encoded["offset_mapping"]]


def _add(found: Encoded, more: Encoded, place: int) -> None:
    found[0].extend(more[0])
    found[1].extend((start + place, end + place) for start, end in more[1])


def _overlaps(span: Span, spans: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)
