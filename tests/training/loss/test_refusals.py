"""What the loss cannot be computed for is refused, with a sentence that names the way out."""

import pytest
import torch
from transformers import (
    BartConfig,
    BertConfig,
    CodeGenConfig,
    CohereConfig,
    ElectraConfig,
    FalconConfig,
    Gemma2Config,
    Gemma3Config,
    Gemma3TextConfig,
    GptOssConfig,
    GraniteConfig,
    JambaConfig,
    MegatronBertConfig,
    RoFormerConfig,
)

from procure_kit.training.loss.attention import attention_maps
from procure_kit.training.loss.loss import LossConfig, concept_loss
from tests.training.small_models import (
    CONFIGS,
    GPT,
    GROUPED,
    SIZES,
    VOCABULARY,
    assert_same,
    batch_of,
    measured,
    model_of,
)
from tests.training.test_examples import byte_tokenizer

SMALL = SIZES | {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}


@pytest.mark.parametrize(
    "config",
    [
        Gemma2Config(**SMALL),  # soft-capped scores
        Gemma2Config(**SMALL, attn_logit_softcapping=None, final_logit_softcapping=0.1),
        CohereConfig(**GROUPED, bos_token_id=1, eos_token_id=2, logit_scale=0.5),
        GraniteConfig(**GROUPED, logits_scaling=1.001),
        CodeGenConfig(**GPT, rotary_dim=4),
        FalconConfig(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=3, num_attention_heads=4),
        GptOssConfig(**SMALL, num_local_experts=2, num_experts_per_tok=1),
    ],
    ids=["capped scores", "capped logits", "scaled logits", "hardly scaled", "its own", "its own, too", "sinks"],
)
def test_what_the_fused_form_does_not_fit_is_refused(config):
    model = model_of(config)
    with pytest.raises(NotImplementedError, match='implementation="eager"'):
        concept_loss(model, batch_of())
    model = model_of(config, attn_implementation="eager")
    assert concept_loss(model, batch_of(), LossConfig(), "eager").n_query > 0


@pytest.mark.parametrize("implementation", ["fused", "eager"])
@pytest.mark.parametrize(
    "config",
    [
        BertConfig(**SIZES, num_attention_heads=4),
        Gemma3TextConfig(**GROUPED, head_dim=8, sliding_window=5, use_bidirectional_attention=True),
        RoFormerConfig(**SIZES, num_attention_heads=4),
        MegatronBertConfig(**SIZES, num_attention_heads=4),
        ElectraConfig(**SIZES, num_attention_heads=4),
    ],
    ids=["encoder", "embedder", "rotary encoder", "large encoder", "discriminator"],
)
def test_a_model_that_sees_what_it_is_to_predict_is_refused(config, implementation):
    with pytest.raises(ValueError, match="looks ahead"):
        concept_loss(model_of(config), batch_of(), None, implementation)


def test_looking_ahead_is_found_whatever_a_model_says_of_itself():
    model, batch = model_of(CONFIGS["llama"]), batch_of()
    layer = model.model.layers[1]
    layer.register_forward_hook(lambda module, args, states: states + 1e-2 * states.roll(-1, 1))
    with pytest.raises(ValueError, match="looks ahead"):
        concept_loss(model, batch)


JAMBA = JambaConfig(
    **GROUPED | {"num_hidden_layers": 4, "vocab_size": 400}, attn_layer_period=2, attn_layer_offset=1,
    expert_layer_period=9, expert_layer_offset=8, mamba_d_state=4, use_mamba_kernels=False,
)  # fmt: skip


@pytest.mark.parametrize("implementation", ["fused", "eager"])
def test_a_hybrids_layer_is_that_layer_or_is_refused_with_those_that_attend(implementation):
    model, batch = model_of(JAMBA), batch_of()
    with pytest.raises(NotImplementedError, match="layer 0 of JambaForCausalLM has no attention; .* attention: 1, 3"):
        concept_loss(model, batch, LossConfig(layers=(0,)), implementation)
    terms = [concept_loss(model, batch, LossConfig(layers=(n,)), implementation).attention for n in (1, 3, -1, -3)]
    assert terms[0] == terms[3] != terms[1] == terms[2]
    by_the_other = concept_loss(
        model, batch, LossConfig(layers=(1,)), {"fused": "eager", "eager": "fused"}[implementation]
    )
    torch.testing.assert_close(terms[0], by_the_other.attention)
    with pytest.raises(NotImplementedError, match="no attention"):
        attention_maps(model, byte_tokenizer(), "x")


def test_an_encoder_decoders_layers_and_heads_are_the_decoders():
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=32, encoder_layers=2, decoder_layers=3, encoder_attention_heads=2,
        decoder_attention_heads=4, decoder_ffn_dim=48, dropout=0.0, pad_token_id=0,
    )  # fmt: skip
    model, batch = model_of(config), batch_of()
    last = concept_loss(model, batch, LossConfig(heads=(3,)))
    assert last.attention == concept_loss(model, batch, LossConfig(layers=(2,), heads=(3,))).attention
    assert_same(measured(model, batch), measured(model, batch, None, "eager"))


def test_a_multimodal_decoder_trains_on_text():
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = GROUPED | {"head_dim": 8, "sliding_window": 5}
    model = model_of(Gemma3Config(text_config=text, vision_config=vision | {"image_size": 28, "patch_size": 14}))
    text_model = model_of(Gemma3TextConfig(**text))
    text_model.model.load_state_dict(model.model.language_model.state_dict())
    text_model.lm_head.load_state_dict(model.lm_head.state_dict())
    batch = batch_of()
    assert_same(measured(model, batch), measured(model, batch, None, "eager"))
    torch.testing.assert_close(concept_loss(model, batch).total, concept_loss(text_model, batch).total)


def test_an_encoder_made_a_decoder_is_a_causal_model():
    config = BertConfig(
        **SIZES, num_attention_heads=4, is_decoder=True, hidden_dropout_prob=0, attention_probs_dropout_prob=0
    )
    model, batch = model_of(config), batch_of()
    assert_same(measured(model, batch), measured(model, batch, None, "eager"))


@pytest.mark.parametrize(
    "values, message",
    [
        ({"lam": -1}, "lam must be a number from 0 up"),
        ({"w_att": float("nan")}, "w_att must be"),
        ({"layers": ()}, "layers must name at least one"),
        ({"heads": (0.5,)}, "heads must name at least one whole number"),
        ({"form": "cube"}, "form must be one of complement, linear, log"),
    ],
)
def test_a_wrong_value_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        LossConfig(**values)


@pytest.mark.parametrize(
    "config, message",
    [
        (LossConfig(layers=(3,)), "layer 3 does not exist: the model has 3 layers"),
        (LossConfig(heads=(4,)), "head 4 does not exist: the model has 4 query heads"),
    ],
)
def test_a_layer_or_head_beyond_the_model_is_refused(config, message):
    with pytest.raises(ValueError, match=message):
        concept_loss(model_of(CONFIGS["llama"]), batch_of(), config)


def test_an_unknown_implementation_is_refused():
    with pytest.raises(ValueError, match="must be fused or eager, not 'flash'"):
        concept_loss(model_of(CONFIGS["llama"]), batch_of(), None, "flash")


def test_a_batch_without_a_response_is_refused():
    batch = batch_of()
    batch["labels"][:] = -100
    with pytest.raises(ValueError, match="no response token"):
        concept_loss(model_of(CONFIGS["llama"]), batch)
