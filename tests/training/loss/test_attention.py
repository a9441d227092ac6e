"""The attention mass against sums over explicit maps."""

import pytest
import torch

from procure_kit.training.examples import tokens_in_spans
from procure_kit.training.loss import attention
from procure_kit.training.loss.attention import attention_groups, attention_maps, attention_mass, layer_indices
from tests.training.small_models import CONFIGS, model_of
from tests.training.test_examples import byte_tokenizer

torch.set_num_threads(1)
TEXT = "def add(a, b):\n    total = a\n    return total + b\n"
TOTAL = (19, 24)
RETURN = (33, 39)


@pytest.fixture(scope="module")
def tokenizer():
    return byte_tokenizer()


def model(name="llama"):
    config = type(CONFIGS[name])(**CONFIGS[name].to_dict() | {"vocab_size": 400, "n_positions": 64})
    return model_of(config).eval()


def test_maps_have_a_row_of_probabilities_for_each_token(tokenizer):
    maps = attention_maps(model(), tokenizer, TEXT)
    n = len(maps.tokens)
    assert "".join(maps.tokens) == TEXT and [TEXT[s:e] for s, e in maps.offsets] == maps.tokens
    assert [m.shape for m in maps.maps] == [(4, n, n)] * 3
    for layer in maps.maps:
        torch.testing.assert_close(layer.sum(-1), torch.ones(4, n))
        assert (layer.triu(1) == 0).all()


@pytest.mark.parametrize("name", ["llama", "starcoder", "starcoder2", "qwen2", "gemma", "gpt2"])
def test_the_mass_is_the_sum_of_the_maps_columns(name, tokenizer):
    lm = model(name)
    maps = attention_maps(lm, tokenizer, TEXT)
    groups = [[TOTAL], [RETURN, (0, 3)], [(0, len(TEXT))], []]
    columns = torch.tensor([tokens_in_spans(TEXT, maps.offsets, spans) for spans in groups])  # (G, N)
    expected = torch.stack(maps.maps) @ columns.float().T  # (L, H, N, G)
    found = attention_groups(lm, tokenizer, TEXT, groups)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(attention_mass(lm, tokenizer, TEXT, groups[1]), expected[..., 1], rtol=1e-4, atol=1e-5)
    assert lm.config._attn_implementation == "sdpa"


def test_no_map_is_made_for_the_mass(tokenizer, monkeypatch):
    """Beside the (N, D) states and the mass, nothing as large as N×N is allocated."""
    lm, n = model(), len(tokenizer(TEXT * 20)["input_ids"])
    seen = []
    kernel = torch.nn.functional.scaled_dot_product_attention

    def spy(query, key, value, attn_mask=None, **options):
        seen.append((attn_mask, options["is_causal"], query.shape[-1], value.shape[-1]))
        return kernel(query, key, value, attn_mask=attn_mask, **options)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    mass = attention_mass(lm, tokenizer, TEXT * 20, [TOTAL])
    assert mass.shape == (3, 4, n)
    assert seen == [(None, True, 16, 16)] * 3  # the causal kernel without a mask; 8 wide, and a column, rounded up


@pytest.mark.parametrize("short, dtype", [(attention.SHORT, torch.float32), (1, torch.bfloat16)])
def test_a_cpu_attends_in_32_bits_where_that_is_faster(short, dtype, tokenizer, monkeypatch):
    monkeypatch.setattr(attention, "SHORT", short)
    lm, seen, kernel = model(), set(), torch.nn.functional.scaled_dot_product_attention
    exact = attention_mass(lm, tokenizer, TEXT, [TOTAL])

    def spy(query, key, value, **options):
        output = kernel(query, key, value, **options)
        seen.add(output.dtype)
        return output

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    with torch.autocast("cpu", torch.bfloat16):
        mass = attention_mass(lm, tokenizer, TEXT, [TOTAL])
    assert seen == {dtype}
    torch.testing.assert_close(mass, exact, rtol=0.05, atol=0.02)


def test_maps_of_a_long_text_are_refused_before_they_are_made(tokenizer, monkeypatch):
    monkeypatch.setattr(attention, "MAP_BYTES", 1000)
    with pytest.raises(ValueError, match="GiB: take a shorter text, or attention_mass"):
        attention_maps(model(), tokenizer, TEXT)


@pytest.mark.parametrize("layers, expected", [((-1,), [2]), ((0, -1, 2), [0, 2]), (None, [0, 1, 2]), ((1, 0), [0, 1])])
def test_layers_count_from_either_end(layers, expected):
    assert layer_indices(model(), layers) == expected


def test_a_layer_beyond_the_model_is_refused():
    with pytest.raises(ValueError, match="layer -4 does not exist: the model has 3 layers"):
        layer_indices(model(), (-4,))
