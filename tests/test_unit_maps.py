"""Merged maps against sums over explicit ones, and the long way without maps against the short one."""

import numpy as np
import pytest
import torch

from procure_kit import unit_maps as module
from procure_kit.attention import attention_maps
from procure_kit.unit_maps import Merger, unit_maps
from tests.small_models import CONFIGS, model_of
from tests.test_attention import TEXT, TOTAL
from tests.test_attention import model as lm
from tests.test_code_units import every_character
from tests.test_examples import byte_tokenizer

torch.set_num_threads(1)
TOKENIZER = byte_tokenizer()
STEP = 0.5 / module.LEVELS * 2 + 1e-5  # the largest error of a value of eight bits: d(q²) at q = 1


@pytest.mark.parametrize("name", ["llama", "starcoder", "starcoder2", "qwen2", "gemma", "gpt2"])
def test_every_view_adds_up_the_maps(name):
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


def test_merging_averages_queries_and_adds_keys():
    code = every_character("ab c")  # a, b, blank, c
    rows = torch.tensor([[[1.0, 0, 0, 0], [0.6, 0.4, 0, 0], [0.5, 0.1, 0.4, 0], [0.2, 0.3, 0.1, 0.4]]])
    packed = Merger(code, "cpu")(rows)["token"][0]
    assert (packed / 255.0) ** 2 == pytest.approx([1, 0.6, 0.4, 0.5, 0.1, 0.4], abs=STEP)


@pytest.mark.parametrize("name", ["llama", "qwen2", "starcoder"])
def test_the_long_way_gives_the_same_lines(name, monkeypatch):
    short = unit_maps(lm(name), TOKENIZER, TEXT, [TOTAL])
    monkeypatch.setattr(module, "LONGEST_MAP", 1)
    monkeypatch.setattr(module, "attention_implementation", forbid_eager(module.attention_implementation))
    long = unit_maps(lm(name), TOKENIZER, TEXT, [TOTAL])
    assert list(long.packed) == ["line"]
    assert abs(long.packed["line"].astype(int) - short.packed["line"]).max() <= 1  # rounding
    assert long.mass == pytest.approx(short.mass, abs=1e-5)


def forbid_eager(implementation):
    def checked(model, name):
        assert name != "eager"
        return implementation(model, name)

    return checked


@pytest.mark.slow
def test_a_file_of_4096_tokens_makes_no_map_of_it():
    config = type(CONFIGS["llama"])(**CONFIGS["llama"].to_dict() | {"vocab_size": 400})
    model = model_of(config).eval()
    text = "".join(f"x{i} = x{i} + {i}\n" for i in range(1000))
    n = len(TOKENIZER(text)["input_ids"])
    text = text[: TOKENIZER(text, return_offsets_mapping=True)["offset_mapping"][4096][0]] if n > 4096 else text
    largest = [0]
    watch = largest_tensor(largest)
    with watch:
        found = unit_maps(model, TOKENIZER, text, [(0, 2)])
    tokens, lines = len(found.units.offsets), len(found.units.views["line"])
    assert tokens == 4096 and found.packed["line"].shape[-1] == lines * (lines + 1) // 2
    assert largest[0] < 4 * tokens * tokens / 4  # elements; one layer's maps alone would have 4 heads × N × N


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
