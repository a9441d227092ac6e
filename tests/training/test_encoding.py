"""Code is text: nothing that it spells is a control token, and every example ends as its template ends a turn."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.training.encoding import control_ids, encode, frame_ids
from procure_kit.training.examples import build_example
from procure_kit.training.models import load_model
from tests.training.test_examples import PROBLEM, RENAMED, byte_tokenizer

TURN = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
CHATML = TURN + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
CONTROL = ["<pad>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<tool_call>"]


def chat_tokenizer(chat_template=CHATML):
    tokenizer = byte_tokenizer(chat_template)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.add_tokens(["<tool_call>", "        "])  # added, not special; the second is white space, as Phi has it
    return tokenizer


def spelling(word):
    """A pair whose program and statement spell a word: in a string, a docstring, a comment at the end."""
    prompt = f'def add(a, b):\n    """Add up to {word}."""\n'
    source = prompt + f'    marker = "{word}"\n    return marker  # {word}'
    renamed = source.replace("marker", "qzxvk")
    old, new = ([(i, i + length) for i in places(text, name)] for text, name, length in
                ((source, "marker", 6), (renamed, "qzxvk", 5)))  # fmt: skip
    cf = Counterfactual(
        "t", "variable_name_random", "strict", 0, 0, "rules", source, renamed, tuple(new), tuple(old), "syntactic"
    )
    return cf, Problem("t", prompt, "", "", "add")


def places(text, name):
    return [i for i in range(len(text)) if text.startswith(name, i)]


@pytest.mark.parametrize("template", ["plain", "instruct", "chat", "Q: {task}\nA:\n"])
@pytest.mark.parametrize("word", CONTROL)
def test_a_control_token_in_code_is_text(word, template):
    tokenizer = chat_tokenizer()
    spelled, plain = (spelling(each) for each in (word, "nothing"))
    found, expected = (build_example(tokenizer, *pair, template=template) for pair in (spelled, plain))
    control = control_ids(tokenizer)
    assert [t for t in found["input_ids"] if t in control] == [t for t in expected["input_ids"] if t in control]
    text = tokenizer.decode(found["input_ids"])
    assert text.replace(word, "nothing").count("nothing") >= 3 and spelled[0].counterfactual in text
    ends = [[label for label in each["labels"] if label in control] for each in (found, expected)]
    assert ends[0] == ends[1] and len(ends[0]) == 1  # the end of the turn alone
    changed = [t for t, flag in zip(found["input_ids"], found["changed"], strict=True) if flag]
    assert tokenizer.decode(changed) == "qzxvk" * 2


def test_white_space_that_was_added_to_a_tokenizer_stays_a_token():
    tokenizer = chat_tokenizer()
    ids, offsets = encode(tokenizer, "if x:\n        y", [(0, 15)])
    assert tokenizer.convert_tokens_to_ids("        ") in ids and offsets[-1] == (14, 15)


def test_without_control_tokens_the_text_is_encoded_as_ever():
    tokenizer, text = byte_tokenizer(), RENAMED.counterfactual
    assert encode(tokenizer, text, [(0, len(text))])[0] == tokenizer(text)["input_ids"]
    assert encode(tokenizer, "a</s>b", [(0, 1)])[0] == tokenizer("a</s>b")["input_ids"]  # of the template: a token


def test_a_unigram_models_own_piece_is_cut():
    pieces = [("<unk>", 0.0), ("</s>", -1.0), *((c, -5.0) for c in '</s>x ="')]
    unigram = Tokenizer(models.Unigram(pieces, unk_id=0))
    unigram.pre_tokenizer = pre_tokenizers.Split(" ", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=unigram, eos_token="</s>", unk_token="<unk>")
    ids, offsets = encode(tokenizer, 'x = "</s>"', [(0, 10)])
    assert 1 not in ids and "".join('x = "</s>"'[s:e] for s, e in offsets) == 'x = "</s>"'


@pytest.mark.parametrize("name", ["tiny", pytest.param("smollm2", marks=pytest.mark.slow)])
def test_no_control_token_of_a_real_tokenizer_can_be_spelled(name):
    tokenizer = load_model(name)[1]
    for word in [t.content for t in tokenizer.added_tokens_decoder.values() if t.content.strip()]:
        example = build_example(tokenizer, *spelling(word))
        assert [t for t in example["input_ids"] if t in control_ids(tokenizer)] == [tokenizer.eos_token_id]
        assert word in tokenizer.decode(example["input_ids"])


def test_the_tokenizers_own_end_is_learnt_once():
    tokenizer = byte_tokenizer()
    ends = [("<s>", tokenizer.bos_token_id), ("</s>", tokenizer.eos_token_id)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=ends
    )
    assert frame_ids(tokenizer) == ([tokenizer.bos_token_id], [tokenizer.eos_token_id])
    example = build_example(tokenizer, RENAMED, PROBLEM)
    assert example["input_ids"][0] == tokenizer.bos_token_id and example["labels"][0] == -100
    assert example["labels"][-1] == example["input_ids"][-1] == tokenizer.eos_token_id
    assert example["input_ids"].count(tokenizer.eos_token_id) == 1
    assert {len(values) for values in example.values()} == {len(example["input_ids"])}


@pytest.mark.parametrize(
    "template, end",
    [
        (CHATML, "<|im_end|>\n"),
        ("{% for m in messages %}<s>{{ m.role }}\n{{ m.content | trim }}</s>{% endfor %}", "</s>"),
        (CHATML + "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}", "<|im_end|>\n</s>"),
        (TURN + "<|im_start|>assistant\n", "<|im_end|>\n"),  # writes the next turn's head whether asked or not
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", "</s>"),  # no control token at all
    ],
)
def test_a_chat_example_ends_as_its_template_ends_a_turn(template, end):
    tokenizer = chat_tokenizer(template)
    example = build_example(tokenizer, RENAMED, PROBLEM, template="chat")
    learnt = [label for label in example["labels"] if label != -100]
    assert tokenizer.decode(learnt).endswith(RENAMED.counterfactual + end)
    if template == CHATML:
        statement = "Complete this Python function.\n\n" + PROBLEM.prompt.strip()
        messages = [{"role": "user", "content": statement}, {"role": "assistant", "content": RENAMED.counterfactual}]
        assert example["input_ids"] == tokenizer.apply_chat_template(messages, return_dict=False)


def test_a_chat_template_that_refuses_says_so():
    picky = "{% if messages[0].role != 'system' %}{{ raise_exception('a system message is needed') }}{% endif %}"
    with pytest.raises(ValueError, match='refuses: a system message is needed; use template="instruct"'):
        build_example(chat_tokenizer(picky), RENAMED, PROBLEM, template="chat")
    with pytest.raises(ValueError, match="does not write each message once"):
        build_example(chat_tokenizer("{{ messages[0].role }}"), RENAMED, PROBLEM, template="chat")
