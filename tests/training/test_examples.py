"""Pairs to token ids, labels and the mask of altered tokens."""

from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from procure_kit.problems.counterfactual import Counterfactual, Edit, apply_edits
from procure_kit.problems.problem import Problem
from procure_kit.training.examples import (
    ChangeCutOff,
    NoResponse,
    altered_spans,
    build_example,
    build_examples,
    collate,
    tokens_in_spans,
)

PROMPT = 'def add(a, b):\n    """Add two numbers.\n    """\n'
BODY = "    total = a\n    total = total + b\n    if not total < 0:\n        return total\n    return 0\n"
PROBLEM = Problem("kit/1", PROMPT, BODY, "def check(candidate): ...", "add")
CHAT = "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}{{ '<s>assistant\n' }}"


def byte_tokenizer(chat_template=CHAT):
    """A small byte-level BPE: it joins newlines with indentation and spaces with words, as the real ones do."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([PROMPT + BODY] * 3, trainer)
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=chat_template, **special)


def pair(edits, concept="variable_name_random", source=PROMPT + BODY):
    """A counterfactual that replaces (old, new) at each place, given by the texts in order."""
    found, position = [], 0
    for old, new in edits:
        position = source.index(old, position)
        found.append(Edit(position, position + len(old), new))
        position += len(old)
    program, changed, changed_original = apply_edits(source, found)
    return Counterfactual(
        "kit/1", concept, "strict", 0, 0, "rules", source, program, changed, changed_original, "syntactic"
    )


RENAMED = pair([("total", "qzxvk")] * 5)
TOKENIZER = byte_tokenizer()


def marked(example, flag):
    """The text of the tokens whose label (or `changed`) is set."""
    unset = {"labels": -100, "changed": 0}[flag]
    pairs = zip(example["input_ids"], example[flag], strict=True)
    return TOKENIZER.decode([token for token, value in pairs if value != unset])


def test_labels_are_the_ids_of_the_response_and_minus_100_before_it():
    example = build_example(TOKENIZER, RENAMED, PROBLEM)
    assert TOKENIZER.decode(example["input_ids"]) == RENAMED.counterfactual + "</s>"
    first = next(i for i, label in enumerate(example["labels"]) if label != -100)
    assert example["labels"] == [-100] * first + example["input_ids"][first:]
    assert marked(example, "labels") == "\n" + RENAMED.counterfactual[len(PROMPT) :] + "</s>"
    assert {len(values) for values in example.values()} == {len(example["input_ids"])}


def test_the_changed_tokens_are_those_of_the_new_name():
    example = build_example(TOKENIZER, RENAMED, PROBLEM)
    assert marked(example, "changed") == "qzxvk" * 5


def test_an_original_has_no_changed_token():
    example = build_example(TOKENIZER, RENAMED, PROBLEM, side="original")
    assert TOKENIZER.decode(example["input_ids"]) == RENAMED.original + "</s>"
    assert not any(example["changed"])


def test_the_tokens_are_those_of_the_running_text():
    """No boundary between prompt and response changes how the program is cut into tokens."""
    example = build_example(TOKENIZER, RENAMED, PROBLEM)
    assert example["input_ids"][:-1] == TOKENIZER(RENAMED.counterfactual)["input_ids"]


@pytest.mark.parametrize(
    "text, spans, expected",
    [
        ("a = total", [(4, 9)], ["a", " =", " total"]),
        ("if not x:", [(3, 7)], [" not"]),
        ("x\n    y", [(1, 6)], ["\n    "]),
        ("a = total", [(5, 6)], [" total"]),
        ("a = total", [(1, 1)], []),
        ("a = total", [], []),
    ],
    ids=["name", "leading space of the next", "white space itself", "part", "empty span", "none"],
)
def test_which_tokens_a_span_touches(text, spans, expected):
    pieces = {
        "a = total": ["a", " =", " total"],
        "if not x:": ["if", " not", " x", ":"],
        "x\n    y": ["x", "\n    ", "y"],
    }
    offsets, position = [(0, 0)], 0  # the first as a special token has it
    for piece in pieces[text]:
        offsets.append((position, position + len(piece)))
        position += len(piece)
    flags = tokens_in_spans(text, offsets, spans)
    touched = [text[s:e] for (s, e), flag in zip(offsets, flags, strict=True) if flag]
    assert touched == ([" total"] if expected == ["a", " =", " total"] else expected)


@pytest.mark.parametrize(
    "edits, uses",
    [
        ([("total", "qzxvk")] * 5, ["qzxvk"] * 4),
        ([("total", "b")] * 2, ["b", "b"]),
        ([("not total < 0", "total >= 0")], ["total >= 0"]),
        ([("not total < 0", "not (neu < 0) and neu")], ["not (", " < 0) and neu"]),
        ([("total", "ñu")] * 2, ["ñu"]),
    ],
    ids=["random name", "name that the original has", "operator", "within a span", "not ASCII"],
)
def test_uses_leave_out_what_nothing_can_predict(edits, uses):
    cf = pair(edits)
    assert [cf.counterfactual[s:e] for s, e in altered_spans(cf, "uses")] == uses
    example = build_example(TOKENIZER, cf, PROBLEM, targets="uses")
    assert marked(example, "changed").replace(" ", "") == "".join(uses).replace(" ", "")


@pytest.mark.parametrize(
    "template, start",
    [
        ("instruct", "### Instruction:\nComplete this Python function.\n\ndef add(a, b):"),
        ("chat", "<s>user\nComplete this Python function.\n\ndef add(a, b):"),
    ],
)
def test_a_template_puts_the_statement_before_the_whole_program(template, start):
    example = build_example(TOKENIZER, RENAMED, PROBLEM, template=template)
    assert TOKENIZER.decode(example["input_ids"]).startswith(start)
    end = "</s>\n" if template == "chat" else "</s>"
    assert marked(example, "labels") == "\n" + RENAMED.counterfactual + end
    assert marked(example, "changed") == "qzxvk" * 5


def test_without_a_problem_the_prompt_is_generic():
    text = TOKENIZER.decode(build_example(TOKENIZER, RENAMED, template="instruct")["input_ids"])
    silent = replace(PROBLEM, prompt="", canonical_solution=PROBLEM.program)  # CRUXEval's have no statement
    assert text == TOKENIZER.decode(build_example(TOKENIZER, RENAMED, silent, template="instruct")["input_ids"])
    assert text.startswith("### Instruction:\nWrite a Python program.\n\n### Response:\ndef add")
    assert build_example(TOKENIZER, RENAMED)["labels"][0] != -100  # code only: all of it is the response


def test_the_rest_begins_where_cacp_cuts():
    flip = pair([("not total < 0", "total >= 0")], "if_else_flip")
    for side in ("original", "counterfactual"):
        example = build_example(TOKENIZER, flip, PROBLEM, response="rest", side=side)
        assert marked(example, "labels") == "\n        return total\n    return 0\n</s>"
        assert not any(example["changed"])  # the altered test stands in the prompt


def test_a_pair_without_a_cut_point_says_so():
    late = pair([("return 0", "return 1")])
    with pytest.raises(NoResponse, match="kit/1: variable_name_random has no cut point"):
        build_example(TOKENIZER, late, PROBLEM, response="rest")


def test_truncation_of_every_changed_token_is_reported_and_counted():
    late = pair([("0\n", "1\n")], source=PROMPT + "    return 0\n")
    whole = build_example(TOKENIZER, late, PROBLEM)
    cut = whole["changed"].index(1)
    with pytest.warns(ChangeCutOff, match=f"kit/1: max_length={cut} cuts off all 2 altered tokens"):
        example = build_example(TOKENIZER, late, PROBLEM, max_length=cut)
    assert {len(values) for values in example.values()} == {cut}
    with pytest.warns(ChangeCutOff, match="1 examples lost"):
        _, counts = build_examples(TOKENIZER, [(late, PROBLEM), (RENAMED, PROBLEM)], max_length=cut)
    assert counts == {"examples": 4, "left_out": 0, "cut_off": 1, "without_changed": 1}


def test_a_prompt_without_room_for_a_response_is_left_out():
    with pytest.raises(NoResponse, match="kit/1: the prompt alone fills max_length=5"):
        build_example(TOKENIZER, RENAMED, PROBLEM, max_length=5)
    examples, counts = build_examples(TOKENIZER, [(RENAMED, PROBLEM)], max_length=5)
    assert (examples, counts["left_out"]) == ([], 2)


def test_many_pairs_give_each_counterfactual_and_its_original():
    examples, counts = build_examples(TOKENIZER, [(RENAMED, PROBLEM), (pair([]), None)])
    assert [any(e["changed"]) for e in examples] == [True, False, False, False]
    assert counts == {"examples": 4, "left_out": 0, "cut_off": 0, "without_changed": 1}
    assert len(build_examples(TOKENIZER, [(RENAMED, PROBLEM)], originals=False)[0]) == 1


@pytest.mark.parametrize(
    "choice, message",
    [
        ({"template": "letter"}, "no template 'letter': use plain, chat, instruct"),
        ({"targets": "some"}, '"all" or "uses", not \'some\''),
        ({"side": "both"}, "no side 'both'"),
        ({"response": "body"}, "response 'body'"),
        ({"max_length": -1}, "max_length must be a whole number of tokens from 1 up, not -1"),
        ({"max_length": 0}, "max_length must be"),
        ({"max_length": 2.5}, "max_length must be"),
    ],
)
def test_an_unknown_choice_is_refused(choice, message):
    with pytest.raises(ValueError, match=message):
        build_example(TOKENIZER, RENAMED, PROBLEM, **choice)


def test_a_template_of_your_own_is_a_text_with_the_task_in_it():
    example = build_example(TOKENIZER, RENAMED, PROBLEM, template="Q: {task} {kept}\nA:\n")
    text = TOKENIZER.decode(example["input_ids"])
    assert text.startswith("Q: Complete this Python function.") and "{kept}\nA:\n" in text


def test_chat_without_a_template_is_refused():
    with pytest.raises(ValueError, match='template="instruct"'):
        build_example(byte_tokenizer(chat_template=None), RENAMED, PROBLEM, template="chat")


@pytest.mark.parametrize("side, place", [("right", slice(0, 2)), ("left", slice(1, 3))])
def test_collate_pads_on_either_side(side, place):
    short = {"input_ids": [7, 8], "attention_mask": [1, 1], "labels": [-100, 8], "changed": [0, 1]}
    long = {"input_ids": [4, 5, 6], "attention_mask": [1, 1, 1], "labels": [-100, 5, 6], "changed": [0, 0, 1]}
    batch = collate([short, long], pad_token_id=9, side=side)
    padding = {"input_ids": 9, "attention_mask": 0, "labels": -100, "changed": 0}
    for name, fill in padding.items():
        row = torch.full((3,), fill)
        row[place] = torch.tensor(short[name])
        assert batch[name][0].tolist() == row.to(batch[name].dtype).tolist(), name
        assert batch[name][1].tolist() == [bool(v) if name == "changed" else v for v in long[name]]
    assert batch["changed"].dtype == torch.bool
    assert (
        collate([short, long], None, side)["input_ids"].tolist()
        == batch["input_ids"].where(batch["attention_mask"].bool(), 0).tolist()
    )  # a tokenizer without padding
    with pytest.raises(ValueError, match="not 'top'"):
        collate([short], 0, side="top")
