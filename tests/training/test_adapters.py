"""What trains, and in which width: adapters of any history, experts, and all weights. An adapter on another model."""

import json
import shutil
import warnings

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from procure_kit.training.adapters import BASE, CONFIG, put_on, with_adapter
from procure_kit.training.loss.attention import attention_mass
from procure_kit.training.loss.loss import concept_loss
from procure_kit.training.models import load_model
from procure_kit.training.training import TrainConfig, train
from tests.training.loss.architectures import model_named
from tests.training.small_models import CONFIGS, batch_of, example, model_of
from tests.training.test_examples import byte_tokenizer

SMALL = TrainConfig(lora_r=2)


def trained(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@pytest.fixture
def saved(tmp_path):
    get_peft_model(model_of(CONFIGS["llama"]), LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(tmp_path)
    return tmp_path


def test_an_adapter_loaded_for_inference_is_made_to_train(saved):
    model = PeftModel.from_pretrained(model_of(CONFIGS["llama"]), saved)
    assert not trained(model)
    torch.manual_seed(1)
    rows = [example(9, 2, {4, 5}) for _ in range(4)]
    result = train(model, byte_tokenizer(), rows, TrainConfig(steps=1, lr=1e-2, batch_size=4))
    assert result.model is model and trained(model) and all("lora" in name for name in trained(model))
    assert result.log[0]["grad_norm"] > 0


def test_an_adapter_that_is_off_is_switched_on_and_one_with_a_name_keeps_it():
    model = get_peft_model(model_of(CONFIGS["llama"]), LoraConfig(r=2, target_modules=["q_proj"]), "mine")
    model.base_model.disable_adapter_layers()
    ready = with_adapter(model, SMALL)
    assert ready.active_adapter == "mine" and trained(ready)
    concept_loss(ready.train(), batch_of()).total.backward()
    assert all(p.grad is not None for name, p in ready.named_parameters() if name in trained(ready))


def test_a_merged_adapter_is_named(saved):
    model = PeftModel.from_pretrained(model_of(CONFIGS["llama"]), saved)
    model.merge_adapter()
    with pytest.raises(ValueError, match=r"call model.unmerge_adapter\(\) before training"):
        with_adapter(model, SMALL)


def test_a_target_that_the_model_lacks_is_refused():
    with pytest.raises(ValueError, match="the model has no module or parameter 'query'"):
        with_adapter(model_of(CONFIGS["llama"]), TrainConfig(lora_targets=("q_proj", "query")))


@pytest.mark.parametrize("name, share", [("Qwen2-MoE", "50%"), ("GraniteMoE", "80%")])
def test_experts_without_an_adapter_are_told_and_can_be_targets(name, share):
    with pytest.warns(UserWarning, match=f"{share} of the matrices' entries are experts without an adapter") as told:
        with_adapter(model_named(name), SMALL)
    named = next(str(w.message) for w in told if "experts" in str(w.message)).rpartition(": ")[2].split(", ")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = with_adapter(model_named(name), TrainConfig(lora_r=2, lora_targets=("q_proj", *named)))
    concept_loss(model, batch_of()).total.backward()
    experts = [p for key, p in model.named_parameters() if "expert" in key and p.requires_grad]
    assert experts and all(p.grad is not None for p in experts)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_all_weights_train_in_32_bits_however_they_were_loaded(dtype):
    torch.manual_seed(1)
    rows = [example(12, 2, {4, 5}) for _ in range(4)]
    model = model_of(CONFIGS["llama"]).to(dtype)
    before = {name: p.detach().float().clone() for name, p in model.named_parameters()}
    result = train(model, byte_tokenizer(), rows, TrainConfig(steps=6, lr=5e-6, batch_size=4, lora_r=0))
    assert {p.dtype for p in result.model.parameters()} == {torch.float32}
    moved = sum((p != before[name]).sum().item() for name, p in result.model.named_parameters())
    assert moved > 0.7 * sum(p.numel() for p in result.model.parameters())  # in bfloat16: a fifteenth


def test_what_is_saved_whole_beside_an_adapter_trains_in_32_bits_too():
    lora = LoraConfig(r=2, target_modules=["q_proj"], modules_to_save=["lm_head"])
    model = with_adapter(get_peft_model(model_of(CONFIGS["llama"]).bfloat16(), lora), SMALL)
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    torch.manual_seed(1)
    result = train(model, byte_tokenizer(), [example(12, 2, {4})] * 2, TrainConfig(steps=1, batch_size=2))
    assert result.log[0]["loss"] > 0


def test_attention_is_measured_without_dropout_and_the_mode_comes_back():
    from transformers import GPT2Config

    model = model_of(GPT2Config(vocab_size=400, n_embd=32, n_layer=2, n_head=4))
    assert model.transformer.h[0].attn.attn_dropout.p == 0.1 and model.training
    model.transformer.h[1].eval()
    masses = [attention_mass(model, byte_tokenizer(), "def f(x):\n    return x\n", [(0, 24)]) for _ in range(2)]
    assert torch.equal(*masses) and masses[0].max() <= 1 + 1e-5
    assert model.training and not model.transformer.h[1].training and model.transformer.h[0].training


@pytest.fixture
def trained_adapter(tmp_path):
    """An adapter that the kit trained on the model in tmp_path/mine, whose shape is that of tmp_path/another."""
    for name, seed in (("mine", 0), ("another", 1)):
        model = model_of(CONFIGS["llama"])
        torch.manual_seed(seed)
        model.get_input_embeddings().weight.data.normal_(std=0.02)
        model.resize_token_embeddings(400)
        model.save_pretrained(tmp_path / name)
        byte_tokenizer().save_pretrained(tmp_path / name)
    model, tokenizer = load_model(tmp_path / "mine")
    rows = [example(9, 2, {4, 5}) for _ in range(2)]
    return train(model, tokenizer, rows, TrainConfig(steps=1, batch_size=2, output_dir=tmp_path / "run")).adapter


@pytest.mark.parametrize(
    "how", [{}, {"four_bit": True}, {"dtype": torch.bfloat16}, {"dtype": torch.float16}], ids=lambda how: str(how)
)
def test_an_adapter_goes_on_its_own_base_in_whichever_width(how, trained_adapter, tmp_path):
    shutil.move(tmp_path / "mine", tmp_path / "moved")  # another name, the same weights
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = put_on(load_model(tmp_path / "moved", **how)[0], trained_adapter)
    assert isinstance(model, PeftModel) and not model.training


def test_another_model_of_the_same_shape_is_refused_and_both_are_named(trained_adapter, tmp_path):
    with pytest.raises(ValueError, match="this adapter was trained on mine, and the model here is another, with other"):
        put_on(load_model(tmp_path / "another")[0], trained_adapter)
    shutil.rmtree(tmp_path / "mine")
    shutil.copytree(tmp_path / "another", tmp_path / "mine")  # trained anew in the old place
    with pytest.raises(ValueError, match="trained on mine, and the model here is mine, with other weights"):
        load_model(trained_adapter)


def test_of_an_adapter_from_elsewhere_the_names_are_compared(saved, trained_adapter, tmp_path):
    config = json.loads((saved / CONFIG).read_text())
    (saved / CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": "some-org/mine"}))
    model = load_model(tmp_path / "mine")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        put_on(model, saved).unload()
    with pytest.warns(UserWarning, match="trained on some-org/mine, and the model here is another: it is of use only"):
        put_on(load_model(tmp_path / "another")[0], saved)
    wide = model_of(type(CONFIGS["llama"])(**CONFIGS["llama"].to_dict() | {"hidden_size": 64}))
    with (
        pytest.warns(UserWarning, match="it is of use only"),
        pytest.raises(
            ValueError, match="trained on some-org/mine, and the model here is Llama.*; it does not fit: Error"
        ),
    ):
        put_on(wide, saved)


def test_a_folder_of_an_adapter_loads_with_its_base_and_trains_on(trained_adapter):
    model, tokenizer = load_model(trained_adapter)
    before = {name: p.clone() for name, p in model.named_parameters() if "lora_B" in name}
    result = train(model, tokenizer, [example(9, 2, {4})], TrainConfig(steps=1, lr=1e-2, batch_size=1))
    assert any(not torch.equal(p, before[name]) for name, p in result.model.named_parameters() if name in before)


def test_a_base_that_is_gone_is_named_and_the_kits_own_is_found_anywhere(trained_adapter, tmp_path, monkeypatch):
    shutil.move(tmp_path / "mine", tmp_path / "moved")
    with pytest.raises(ValueError, match=r"the model that it was trained on, mine, is not where it was: .*put_on"):
        load_model(trained_adapter)
    note = json.loads((trained_adapter / BASE).read_text())
    (trained_adapter / BASE).write_text(json.dumps(note | {"base": "tiny"}))
    monkeypatch.setattr("procure_kit.training.models.DATA", tmp_path)
    shutil.move(tmp_path / "moved", tmp_path / "tiny")
    assert isinstance(load_model(trained_adapter)[0], PeftModel)


@pytest.mark.parametrize("name", [BASE, CONFIG])
@pytest.mark.parametrize("text", ["{", "[1]", "7"])
def test_damaged_notes_are_named(name, text, trained_adapter, tmp_path):
    (trained_adapter / BASE).unlink()
    (trained_adapter / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        put_on(load_model(tmp_path / "mine")[0], trained_adapter)


def test_weights_that_trained_in_full_are_no_adapter(tmp_path):
    rows = [example(9, 2, {4})]
    config = TrainConfig(steps=1, batch_size=1, lora_r=0, output_dir=tmp_path)
    folder = train(model_of(CONFIGS["llama"]), byte_tokenizer(), rows, config).adapter
    assert not (folder / BASE).exists()
    with pytest.raises(ValueError, match="no adapter there"):
        put_on(model_of(CONFIGS["llama"]), folder)
