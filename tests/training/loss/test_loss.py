"""The fused loss against the eager one, and both against the formulas written out from raw logits and maps."""

import math

import pytest
import torch
from transformers import LlamaConfig

from procure_kit.training.examples import collate
from procure_kit.training.loss.loss import EPS, LossConfig, TokenCounts, concept_loss, token_counts, token_sets
from procure_kit.training.loss.projection import CHUNK
from tests.training.small_models import CONFIGS, GROUPED, assert_same, batch_of, example, measured, model_of


def by_hand(model, batch, config):
    """nll, mask and attention in plain loops over the definitions."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        outputs = model(batch["input_ids"], attention_mask=batch["attention_mask"], output_attentions=True)
    model.set_attn_implementation("sdpa")
    log_p = outputs.logits.log_softmax(-1)
    nll, mask, attention = [], [], []
    for b, labels in enumerate(batch["labels"].tolist()):
        altered = [t for t, flag in enumerate(batch["changed"][b]) if flag and labels[t] != -100]
        for t, label in enumerate(labels):
            if label == -100:
                continue
            nll.append(-log_p[b, t - 1, label].item())
            if t in altered:
                mask.append(nll[-1])
            if altered and t > altered[0]:
                heads = config.heads or range(4)
                rows = [outputs.attentions[layer][b, head, t] for layer in config.layers for head in heads]
                mass = sum(row[m].item() for row in rows for m in altered if m <= t) / len(rows)
                attention.append(
                    {"complement": 1 - mass, "linear": -mass, "log": -math.log(max(mass, EPS))}[config.form]
                )
    return [sum(values) / len(values) for values in (nll, mask, attention)], [len(v) for v in (nll, mask, attention)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("name", CONFIGS)
def test_fused_and_eager_agree_in_value_and_gradient(name, side):
    model, batch = model_of(CONFIGS[name]), batch_of(side)
    config = LossConfig(lam=1.0, layers=(0, -1))
    assert_same(measured(model, batch, config), measured(model, batch, config, "eager"))


@pytest.mark.parametrize("implementation", ["fused", "eager"])
@pytest.mark.parametrize(
    "config",
    [
        LossConfig(),
        LossConfig(lam=0.7, w_mask=2.0, w_att=0.5, layers=(-1, 0, 1), heads=(0, 3)),
        LossConfig(form="log", heads=(2,)),
        LossConfig(form="linear", layers=(1,)),
    ],
    ids=lambda config: f"{config.form}-{config.layers}-{config.heads}",
)
@pytest.mark.parametrize("name, side", [("llama", "right"), ("starcoder", "right"), ("qwen2", "left")])
def test_the_terms_are_the_definitions(name, side, config, implementation):
    model, batch = model_of(CONFIGS[name]), batch_of(side)
    (nll, mask, attention), counts = by_hand(model, batch, config)
    parts = concept_loss(model, batch, config, implementation)
    assert [parts.n_response, parts.n_changed, parts.n_query] == counts
    close = {"rel": 1e-5}
    assert parts.nll.item() == pytest.approx(nll, **close)
    assert parts.mask.item() == pytest.approx(mask, **close)
    assert parts.attention.item() == pytest.approx(attention, **close)
    total = nll + config.lam * (config.w_mask * mask + config.w_att * attention)
    assert parts.total.item() == pytest.approx(total, **close)


@pytest.mark.parametrize("implementation", ["fused", "eager"])
@pytest.mark.parametrize("name", ["llama", "starcoder"])
def test_gradient_checkpointing_changes_nothing(name, implementation):
    model, batch = model_of(CONFIGS[name]), batch_of()
    config = LossConfig(lam=1.0, layers=(0, 1, 2))
    plain = measured(model, batch, config, implementation)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    assert_same(measured(model, batch, config, implementation), plain, 1e-6)


def test_every_term_reaches_the_gradient():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    plain = measured(model, batch, LossConfig(lam=0))[1]["model.layers.2.self_attn.q_proj.weight"]
    for config in (LossConfig(lam=1, w_att=0), LossConfig(lam=1, w_mask=0)):
        other = measured(model, batch, config)[1]["model.layers.2.self_attn.q_proj.weight"]
        assert (other - plain).abs().max() > 1e-3 * plain.abs().max()


def test_more_attention_to_the_altered_tokens_lowers_the_attention_term():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    config = LossConfig(lam=1.0, w_mask=0.0, w_att=1.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    before = concept_loss(model, batch, config)
    for _ in range(5):
        optimizer.zero_grad()
        concept_loss(model, batch, config).attention.backward()
        optimizer.step()
    after = concept_loss(model, batch, config)
    assert after.attention < before.attention and after.mean_mass > before.mean_mass


def test_the_three_sets_of_tokens_are_those_of_the_definition():
    tensors = {
        "attention_mask": [[0, 1, 1, 1, 1, 1, 1]],  # padding on the left: nothing predicts the token behind it
        "labels": [[-100, 5, -100, 7, 8, 9, 9]],
        "changed": [[0, 0, 1, 1, 0, 1, 0]],  # the first of them is no response
    }
    sets = token_sets({name: torch.tensor(values) for name, values in tensors.items()})
    places = [tokens[0].nonzero()[:, 0].tolist() for tokens in sets]
    assert places == [[3, 4, 5, 6], [3, 5], [4, 5, 6]]


def test_parts_of_an_accumulated_batch_add_up():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    counts = token_counts(batch)
    whole, gradient = measured(model, batch)
    pieces = [measured(model, {k: v[i : i + 1] for k, v in batch.items()}, denominators=counts) for i in range(4)]
    for name in ("total", "nll", "mask", "attention", "mean_mass"):
        torch.testing.assert_close(sum(getattr(parts, name) for parts, _ in pieces), getattr(whole, name))
    for name, expected in gradient.items():
        torch.testing.assert_close(sum(grads[name] for _, grads in pieces), expected)


def test_a_batch_without_altered_tokens_trains_the_nll_alone_and_says_so():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    batch["changed"][:] = False
    for implementation in ("fused", "eager"):
        parts, gradient = measured(model, batch, LossConfig(), implementation)
        assert (parts.n_changed, parts.n_query) == (0, 0)
        assert parts.mask == 0 and parts.attention == 0 and parts.total == parts.nll > 0
        assert all(g.isfinite().all() for g in gradient.values())


def test_altered_tokens_outside_the_response_and_the_first_position_do_not_count():
    batch = {
        "attention_mask": torch.ones(1, 6),
        "labels": torch.tensor([[5, 6, -100, 7, 8, 9]]),
        "changed": torch.tensor([[True, False, True, True, False, True]]),
    }
    assert token_counts(batch) == TokenCounts(n_response=4, n_changed=2, n_query=2)


def test_what_predicts_nothing_counts_on_neither_side_of_the_padding():
    """A text without prompt: its first token is predicted by padding, or by nothing."""
    torch.manual_seed(1)
    examples = [example(9, 0, {0, 4}), example(6, 0, {1}), example(12, 3, {5})]
    model, config = model_of(CONFIGS["llama"]), LossConfig(lam=1.0)
    right, left = (measured(model, collate(examples, 0, side), config) for side in ("right", "left"))
    assert (right[0].n_response, right[0].n_changed) == (8 + 5 + 9, 3)
    assert_same(left, right)
    assert_same(measured(model, collate(examples, 0, "left"), config, "eager"), right)


@pytest.mark.parametrize("implementation", ["fused", "eager"])
@pytest.mark.parametrize("name", ["gpt2", "starcoder", "llama"])  # absolute positions, and relative ones
def test_the_side_of_the_padding_changes_nothing(name, implementation):
    model, config = model_of(CONFIGS[name]), LossConfig(lam=1.0)
    right, left = (measured(model, batch_of(side), config, implementation) for side in ("right", "left"))
    assert_same(left, right)


@pytest.mark.parametrize("side", ["right", "left"])
def test_columns_and_rows_of_padding_alone_change_nothing(side):
    model, batch = model_of(CONFIGS["llama"]), batch_of(side)
    expected = measured(model, batch)
    fills = {"input_ids": 0, "attention_mask": 0, "labels": -100, "changed": 0}
    edges = (0, 3, 0, 1) if side == "right" else (3, 0, 0, 1)
    wide = {name: torch.nn.functional.pad(values, edges, value=fills[name]) for name, values in batch.items()}
    assert_same(measured(model, wide), expected)


def test_heads_may_differ_by_layer():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    apart = LossConfig(lam=1.0, layers=(-1, 0), heads=([1, 2], [3]))
    assert_same(measured(model, batch, apart), measured(model, batch, apart, "eager"))
    last, first = (LossConfig(layers=(n,), heads=heads) for n, heads in ((-1, (1, 2)), (0, (3,))))
    masses = [concept_loss(model, batch, config).mean_mass for config in (last, first)]
    torch.testing.assert_close(concept_loss(model, batch, apart).mean_mass, (2 * masses[0] + masses[1]) / 3)
    with pytest.raises(ValueError, match="name a layer twice"):
        concept_loss(model, batch, LossConfig(layers=(-1, 2), heads=((0,), (1,))))


def test_only_the_chosen_layers_leave_plain_sdpa(monkeypatch):
    """The others see the widths that they always have; and no chosen layer makes an N×N map."""
    widths = []
    kernel = torch.nn.functional.scaled_dot_product_attention

    def spy(query, key, value, **options):
        widths.append((query.shape[-1], value.shape[-1], options["attn_mask"]))
        return kernel(query, key, value, **options)

    model, batch = model_of(CONFIGS["llama"]), batch_of()
    concept_loss(model, batch)  # looks once whether the model looks ahead
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    concept_loss(model, batch, LossConfig(layers=(1,)))
    assert widths == [(8, 8, None), (16, 16, None), (8, 8, None)]


@pytest.mark.parametrize("width", [8, 16])
def test_heads_too_wide_for_a_kernel_are_asked_twice(width, monkeypatch):
    from procure_kit.training.loss import attention

    model, batch = model_of(CONFIGS["llama"]), batch_of()
    expected = measured(model, batch, LossConfig(lam=1.0))
    monkeypatch.setattr(attention, "KERNEL_WIDTH", width)
    assert_same(measured(model, batch, LossConfig(lam=1.0)), expected)


@pytest.mark.parametrize("trained", [True, False])
def test_no_tensor_of_sequence_times_vocabulary_exists(trained):
    from torch.utils._python_dispatch import TorchDispatchMode

    largest = [0]

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = function(*args, **(kwargs or {}))
            sizes = [t.numel() for t in torch.utils._pytree.tree_leaves(out) if isinstance(t, torch.Tensor)]
            largest[0] = max(largest[0], *sizes, 0)
            return out

    length, vocabulary = 1200, 4096
    model = model_of(LlamaConfig(**GROUPED | {"vocab_size": vocabulary, "num_hidden_layers": 1}))
    model.requires_grad_(trained)
    model.model.layers[0].requires_grad_(True)
    ids = torch.randint(vocabulary, (1, length))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids, "changed": ids % 7 == 0}
    with Watch():
        concept_loss(model, batch).total.backward()
    assert largest[0] == CHUNK * vocabulary  # one chunk of logits


@pytest.mark.parametrize("implementation", ["fused", "eager"])
@pytest.mark.parametrize("kwargs", [{"use_reentrant": True}, {}, None])
def test_reentrant_checkpointing_would_lose_the_attention_terms_gradient(implementation, kwargs):
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    plain = concept_loss(model, batch, None, implementation)
    model.gradient_checkpointing_enable(kwargs)
    if kwargs is not None:  # without the word torch takes the reentrant kind, too
        with pytest.raises(ValueError, match=r'gradient_checkpointing_enable\(\{"use_reentrant": False\}\)'):
            concept_loss(model, batch, None, implementation)
        with torch.no_grad():  # nothing is computed again
            torch.testing.assert_close(concept_loss(model, batch, None, implementation).total, plain.total)
        return
    concept_loss(model, batch, LossConfig(lam=1.0, w_mask=0), implementation).attention.backward()
    assert model.model.layers[0].self_attn.q_proj.weight.grad.abs().max() > 0


def test_packed_sequences_are_refused():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    for packed in ({"position_ids": batch["input_ids"]}, {"attention_mask": 2 * batch["attention_mask"]}):
        with pytest.raises(ValueError, match="packed sequences are not offered"):
            concept_loss(model, batch | packed)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_a_compiled_model_agrees(backend):
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    expected, gradient = measured(model, batch, LossConfig(lam=1.0))
    model.zero_grad()
    parts = concept_loss(torch.compile(model, backend=backend), batch, LossConfig(lam=1.0))
    parts.total.backward()
    torch.testing.assert_close(parts.total, expected.total)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradient[name], rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_in_16_bits_agrees_with_float32(dtype):
    batch = batch_of()
    exact = concept_loss(model_of(CONFIGS["llama"]), batch)
    rough, gradient = measured(model_of(CONFIGS["llama"]).to(dtype), batch)
    assert rough.total.dtype == torch.float32
    assert rough.total.item() == pytest.approx(exact.total.item(), rel=0.02)
    assert rough.mean_mass.item() == pytest.approx(exact.mean_mass.item(), abs=0.02)
    assert all(g.isfinite().all() for g in gradient.values())


def test_an_adapter_and_its_checkpointed_base_agree_with_eager():
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(model_of(CONFIGS["llama"]), LoraConfig(r=4, target_modules="all-linear"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    batch = batch_of("left")
    fused = measured(model, batch)
    assert fused[1] and all("lora" in name for name in fused[1])
    assert_same(fused, measured(model, batch, None, "eager"))


def test_the_model_keeps_its_own_attention():
    model, batch = model_of(CONFIGS["llama"], attn_implementation="eager"), batch_of()
    concept_loss(model, batch)
    assert model.config._attn_implementation == "eager"
    assert model(batch["input_ids"], output_attentions=True).attentions[0].shape == (4, 4, 14, 14)
