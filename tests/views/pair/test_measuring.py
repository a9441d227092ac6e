"""Merged maps against sums over explicit ones, two texts at once against each alone, and the long way without maps."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from procure_kit.training.loss.attention import attention_maps
from procure_kit.views.pair import measuring as module
from procure_kit.views.pair import merging
from procure_kit.views.pair.layer_reading import read_rows
from procure_kit.views.pair.measuring import pair_maps, unit_maps
from procure_kit.views.pair.merging import LEVELS
from tests.training.loss.test_attention import TEXT, TOTAL
from tests.training.loss.test_attention import model as lm
from tests.training.small_models import CONFIGS, model_of
from tests.training.test_examples import byte_tokenizer

torch.set_num_threads(1)
TOKENIZER = byte_tokenizer()
STEP = 0.5 / LEVELS * 2 + 1e-5  # the largest error of a value of eight bits: d(q²) at q = 1


@pytest.mark.parametrize("name", ["llama", "starcoder", "starcoder2", "qwen2", "gemma", "gpt2"])
def test_every_view_adds_up_the_maps(name, monkeypatch):
    monkeypatch.setattr(merging, "BLOCK", 4)
    model = lm(name)
    found = unit_maps(model, TOKENIZER, TEXT, [TOTAL])
    maps = torch.stack(attention_maps(model, TOKENIZER, TEXT).maps).numpy()  # (L, H, N, N)
    assert list(found.packed) == ["token", "line", "statement", "expression"]
    for view, units in found.units.views.items():
        members = units.members(maps.shape[-1])
        expected = members / members.sum(1, keepdims=True) @ maps @ members.T
        for layer, head in np.ndindex(maps.shape[:2]):
            assert found.map(layer, head, view) == pytest.approx(expected[layer, head], abs=STEP)
        assert found.map(1, None, view) == pytest.approx(expected[1].mean(0), abs=STEP)
    after = np.arange(len(found.changed)) > np.flatnonzero(found.changed)[0]
    assert found.mass == pytest.approx(maps[:, :, after][..., found.changed].sum(-1).mean(-1), abs=1e-5)
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_what_two_texts_begin_with_is_run_once_and_changes_nothing(name, monkeypatch):
    monkeypatch.setattr(merging, "BLOCK", 4)
    other = TEXT.replace("return total", "return b - total")
    spans = [(len(TEXT) - 10, len(TEXT) - 5)]
    model, ran = lm(name), []
    programs = [(TEXT, spans), (other, spans)]
    with run_lengths(model, ran):
        together = pair_maps(model, TOKENIZER, programs)
    for both, (text, changed) in zip(together, programs, strict=True):
        alone = unit_maps(model, TOKENIZER, text, changed)
        assert both.mass == pytest.approx(alone.mass, abs=1e-5)
        for view, packed in alone.packed.items():
            assert both.packed[view].shape == packed.shape
            assert abs(both.packed[view].astype(int) - packed).max() <= 1  # rounding
    begin = ran[0]
    assert TEXT[together[0].units.offsets[begin][0] :].lstrip().startswith("return")
    assert sum(ran) == begin + sum(len(both.changed) - begin for both in together)


@contextmanager
def run_lengths(model, ran: list[int]):
    """How many tokens the model is run over, each time."""
    handle = model.register_forward_pre_hook(
        lambda module, args, kwargs: ran.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    yield
    handle.remove()


def test_texts_that_differ_from_the_start_share_nothing():
    model, ran = lm("llama"), []
    with run_lengths(model, ran):
        found = pair_maps(model, TOKENIZER, [("a = 1\nb = 2\n", [(0, 1)]), ("c = 1\nb = 2\n", [(0, 1)])])
    assert ran == [len(each.changed) for each in found]


def test_no_map_of_a_layer_exists():
    text = "".join(f"x{i} = x{i} + {i}\n" for i in range(40))
    largest = [0]
    with largest_tensor(largest):
        found = unit_maps(wide_model(), TOKENIZER, text, [(0, 2)])
    tokens = len(found.changed)
    assert tokens > 300 and largest[0] < 4 * tokens * tokens / 2  # elements; a layer's map has 4 heads × N × N


def test_a_model_that_hands_out_no_attention_is_refused(monkeypatch):
    model = lm("llama")
    other = model.model.layers[1].self_attn  # a hybrid's layer without attention
    monkeypatch.setattr(other, "forward", lambda hidden_states, **_: (torch.zeros_like(hidden_states), None))
    with pytest.raises(NotImplementedError, match="LlamaForCausalLM does not hand out its attention layer by layer"):
        unit_maps(model, TOKENIZER, TEXT, [TOTAL])
    with pytest.raises(NotImplementedError, match="SimpleNamespace does not hand out its attention block by block"):
        read_rows(SimpleNamespace(), *[torch.zeros(1, 1, 1, 1)] * 4, blocks=[(0, 1)], take=print)


@pytest.mark.parametrize("name", ["llama", "qwen2", "starcoder"])
def test_the_long_way_gives_the_same_lines(name, monkeypatch):
    short = unit_maps(lm(name), TOKENIZER, TEXT, [TOTAL])
    monkeypatch.setattr(module, "LONGEST_MAP", 1)
    monkeypatch.setattr(module, "_rows", lambda *_: pytest.fail("must not make a map"))
    long = unit_maps(lm(name), TOKENIZER, TEXT, [TOTAL])
    assert list(long.packed) == ["line"]
    assert abs(long.packed["line"].astype(int) - short.packed["line"]).max() <= 1  # rounding
    assert long.mass == pytest.approx(short.mass, abs=1e-5)


@pytest.mark.slow
def test_a_file_of_4096_tokens_makes_no_map_of_it():
    text = "".join(f"x{i} = x{i} + {i}\n" for i in range(1000))
    n = len(TOKENIZER(text)["input_ids"])
    text = text[: TOKENIZER(text, return_offsets_mapping=True)["offset_mapping"][4096][0]] if n > 4096 else text
    largest = [0]
    with largest_tensor(largest):
        found = unit_maps(wide_model(), TOKENIZER, text, [(0, 2)])
    tokens, lines = len(found.units.offsets), len(found.units.views["line"])
    assert tokens == 4096 and found.packed["line"].shape[-1] == lines * (lines + 1) // 2
    assert largest[0] < 4 * tokens * tokens / 4  # elements; one layer's maps alone would have 4 heads × N × N


def wide_model():
    """Llama-style, for texts of any length and any character."""
    return model_of(type(CONFIGS["llama"])(**CONFIGS["llama"].to_dict() | {"vocab_size": 400})).eval()


def largest_tensor(largest: list[int]):
    """Record the number of elements of the largest tensor that any operation returns."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = function(*args, **kwargs or {})
            for value in out if isinstance(out, tuple) else (out,):
                if torch.is_tensor(value):
                    largest[0] = max(largest[0], value.untyped_storage().nbytes() // value.element_size())
            return out

    return Watch()


def test_no_changed_token_is_refused():
    with pytest.raises(ValueError, match="the changed spans hold no token"):
        unit_maps(lm(), TOKENIZER, TEXT, [])


@pytest.mark.parametrize(
    ("place", "touched"),
    [(TOTAL[0], TEXT[TOTAL[0]]), (len(TEXT.rstrip()), TEXT.rstrip()[-1]), (0, TEXT[0])],
)
def test_where_the_other_version_has_more_the_token_beside_it_is_the_change(place, touched):
    found = unit_maps(lm("llama"), TOKENIZER, TEXT, [(place, place)])
    (token,) = np.flatnonzero(found.changed)
    start, end = found.units.offsets[token]
    assert touched in TEXT[start:end]
