"""Completion with a small random model: healed boundaries, batches that equal single runs, and where it stops."""

from contextlib import contextmanager

import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from procure_kit.evaluation.completion import complete, function_rest
from procure_kit.training.cuts import Cut

TEXT = "def f(x):\n    total = 0\n    for item in x:\n        total += item\n    return total\n" * 5


@pytest.fixture(scope="module")
def tokenizer():
    bpe = Tokenizer(models.BPE())
    # Punctuation takes the newlines behind it along, as in Llama-3's tokenizer: "):\n" is one token.
    words = pre_tokenizers.Split(Regex(r" ?[^\s\w]+\n*| ?\w+|\s+(?!\S)|\s+"), "isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(False, use_regex=False)])
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<eos>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bpe.train_from_iterator(TEXT.splitlines(keepends=True), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<eos>", pad_token="<eos>")


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config).eval()


@contextmanager
def logits_of(model, change):
    """While it lasts, `change` works on the logits in place."""

    def hook(module, args, output):
        change(output.logits)

    handle = model.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def finish(model, tokenizer, prefixes, **settings):
    return complete(model, tokenizer, [Cut(prefix, "", 0) for prefix in prefixes], max_new_tokens=12, **settings)


def test_trailing_white_space_changes_nothing(model, tokenizer):
    plain, spaced = finish(model, tokenizer, ["def f(x):", "def f(x):\n    "], batch_size=1)
    assert plain == spaced


def test_a_batch_equals_single_runs(model, tokenizer):
    prefixes = ["def f(x):", "def f(x):\n    total = 0\n    for", "def f(item"]
    assert finish(model, tokenizer, prefixes, batch_size=3) == finish(model, tokenizer, prefixes, batch_size=1)


def test_what_is_drawn_depends_on_the_seed_and_the_prompt_alone(model, tokenizer):
    prefixes = ["def f(x):", "def f(x):\n    total = 0\n    for", "def f(item", "def f(x):"]
    together = finish(model, tokenizer, prefixes, samples=4, batch_size=4)
    apart = [finish(model, tokenizer, [prefix + " \n"], samples=4)[0] for prefix in prefixes]
    assert together == apart and together[0] == together[3]


def test_each_prompt_is_read_once_and_finished_rows_leave_the_batch(model, tokenizer):
    """Forward passes: one over the B different prompts, then over the rows that still go on, never more of them."""
    shapes = []
    handle = model.register_forward_pre_hook(
        lambda module, args, given: shapes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    with logits_of(model, lambda logits: logits[..., tokenizer.eos_token_id].add_(3)):
        finish(model, tokenizer, ["def f(x):", "def f(item", "def f(x):"], samples=5)
    handle.remove()
    rows = [batch for batch, _ in shapes]
    assert shapes[0][0] == 2 and {length for _, length in shapes[1:]} == {1}
    assert rows[1] <= 10 and rows[1:] == sorted(rows[1:], reverse=True) and rows[-1] < rows[1]


def test_greedy_equals_generate(model, tokenizer):
    """The same tokens as transformers' own loop, from a prompt whose last token needs no healing."""
    prefix = "def f(x):\n    total"
    ids = tokenizer(prefix, return_tensors="pt")["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    longer = [i for i, piece in enumerate(pieces) if piece.startswith(pieces[ids[0, -1]]) and i != ids[0, -1]]
    with logits_of(model, lambda logits: logits.index_fill_(-1, torch.tensor(longer, dtype=int), -1e4)):
        (ours,) = finish(model, tokenizer, [prefix])[0]
        theirs = model.generate(ids, max_new_tokens=11, do_sample=False, pad_token_id=0)
    assert ours == function_rest(tokenizer.decode(theirs[0], skip_special_tokens=True)[len(prefix) :])


def test_the_first_new_token_may_reach_over_the_boundary(model, tokenizer):
    """`:` is dropped and a token that joins it to the newline may come in its place, if it begins with `:`."""
    favourite = tokenizer.convert_tokens_to_ids(":Ċ")
    assert tokenizer.decode([favourite, tokenizer("def f(x):")["input_ids"][-1]]) == ":\n:"

    with logits_of(model, lambda logits: logits[..., favourite].fill_(1e4)):
        (text,) = finish(model, tokenizer, ["def f(x):"])[0]
    assert text == ""  # ":" became ":\n", then a ":" in the first column ended the function; unhealed it is ":"


def test_samples_differ_and_a_seed_repeats_them(model, tokenizer):
    first = finish(model, tokenizer, ["def f(x):"], samples=6, seed=1)
    assert len(first[0]) == 6 and len(set(first[0])) > 1
    assert first == finish(model, tokenizer, ["def f(x):"], samples=6, seed=1)
    assert first != finish(model, tokenizer, ["def f(x):"], samples=6, seed=2)


def test_temperature_0_is_greedy_however_many_samples(model, tokenizer):
    (greedy,) = finish(model, tokenizer, ["def f(x):"])
    assert finish(model, tokenizer, ["def f(x):"], samples=3, temperature=0) == [greedy * 3]
    assert finish(model, tokenizer, ["def f(x):"], samples=2, temperature=1e-300) == [greedy * 2]


def test_a_line_at_the_margin_of_a_string_ends_no_function(model, tokenizer):
    """The model is made to write a text: it goes on past the margin of a string, and stops at that of a statement."""
    prefix, body, beyond = "def f(x):", '\n s="""\nhello\n"""', "\nprint(f)"
    forced = [tokenizer(prefix)["input_ids"][-1], *tokenizer(body + beyond)["input_ids"]]
    asked = []

    def force(logits):
        logits.fill_(-1e4)[..., forced[len(asked)]] = 1e4
        asked.append(1)

    with logits_of(model, force):
        ((text,),) = complete(model, tokenizer, [Cut(prefix, "", 0)], max_new_tokens=len(forced))
    assert text == body and len(asked) < len(forced)


@pytest.mark.parametrize(
    "text, indent, rest",
    [
        ("\n    return 1\n\n\nprint(2)", 0, "\n    return 1\n\n"),
        ("\n    return 1\n", 0, "\n    return 1\n"),
        ("\n        return 1\n    def g", 4, "\n        return 1"),
        (" + 1", 0, " + 1"),
        ("\nprint(1)\nprint(2)", -1, "\nprint(1)\nprint(2)"),
    ],
)
def test_function_rest(text, indent, rest):
    assert function_rest(text, indent) == rest
