"""Training runs of a tiny random model: what is logged, what is kept, what an interruption leaves."""

import json
import os
import signal

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, TrainerCallback

from procure_kit.training import training
from procure_kit.training.config import fast_bf16
from procure_kit.training.loss.loss import LossConfig, concept_loss
from procure_kit.training.training import TrainConfig, train
from tests.training.small_models import CONFIGS, example, model_of

torch.set_num_threads(1)
QUICK = {"steps": 4, "batch_size": 4, "lr": 1e-2, "lora_r": 4, "bf16": False}


@pytest.fixture(scope="module")
def tokenizer():
    from tests.training.test_examples import byte_tokenizer

    return byte_tokenizer()


@pytest.fixture
def examples():
    torch.manual_seed(1)
    return [example(6 + t, 1 + t % 3, {4, 5} if t % 2 else set()) for t in range(8)]


@pytest.fixture
def watch(monkeypatch):
    """Let a test look into every trainer through a callback's method."""

    def add(**methods):
        init = training.ConceptTrainer.__init__

        def with_callback(self, **options):
            init(self, **options)
            self.add_callback(type("Watch", (TrainerCallback,), methods)())

        monkeypatch.setattr(training.ConceptTrainer, "__init__", with_callback)

    return add


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def test_a_run_learns_and_logs_the_three_terms_apart(tokenizer, examples):
    model = model_of(CONFIGS["llama"])
    result = train(model, tokenizer, examples, TrainConfig(**QUICK | {"steps": 12}))
    assert [row["step"] for row in result.log] == list(range(1, 13))
    for row in result.log:
        assert row["loss"] == pytest.approx(row["nll"] + 0.1 * (row["mask"] + row["attention"]), rel=1e-5)
        assert row["attention"] == pytest.approx(1 - row["mean_mass"], abs=1e-5) or row["n_query"] == 0
    assert result.log[-1]["nll"] < result.log[0]["nll"]
    assert result.adapter is None and isinstance(result.model, PeftModel)
    assert all("lora" in name for name in weights(result.model))


def test_the_first_logged_row_is_the_loss_of_that_batch(tokenizer, examples):
    from procure_kit.training.examples import collate

    expected = concept_loss(model_of(CONFIGS["llama"]), collate(examples, 0))
    row = train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK | {"batch_size": 8})).log[0]
    for name in ("nll", "mask", "attention", "mean_mass", "n_response", "n_changed", "n_query"):
        assert row[name] == pytest.approx(float(torch.as_tensor(getattr(expected, name)).detach()), rel=1e-4), name


@pytest.mark.slow
def test_products_in_16_bits_change_little_and_leave_the_model_in_32(tokenizer, examples):
    exact, rough = (
        train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK | {"lora_r": 0, "bf16": bf16}))
        for bf16 in (False, True)
    )
    assert exact.log[0]["loss"] != rough.log[0]["loss"] == pytest.approx(exact.log[0]["loss"], rel=0.02)
    assert rough.log[0]["mean_mass"] == pytest.approx(exact.log[0]["mean_mass"], abs=0.02)
    assert {p.dtype for p in rough.model.parameters()} == {torch.float32}
    again = model_of(CONFIGS["llama"]).eval()
    again.load_state_dict(rough.model.state_dict())
    ids = torch.tensor([examples[0]["input_ids"]])
    assert torch.equal(rough.model(ids).logits, again(ids).logits)  # nothing of the autocast stays


@pytest.mark.parametrize("feature, fast", [("avx512_bf16", True), ("amx_bf16", True), ("avx512_f", False)])
def test_a_cpu_multiplies_in_16_bits_where_it_has_instructions_for_it(monkeypatch, feature, fast):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: True})
    assert fast_bf16(torch.device("cpu")) is fast


@pytest.mark.slow
def test_however_a_step_is_cut_the_gradient_is_the_same(tokenizer, examples, watch):
    gradients = []

    def on_pre_optimizer_step(self, args, state, control, model, **kwargs):
        gradients.append({n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None})

    watch(on_pre_optimizer_step=on_pre_optimizer_step)
    logs = []
    for size in (8, 2, 1):
        split = {"steps": 1, "batch_size": size, "gradient_accumulation": 8 // size, "max_grad_norm": 1e9}
        config = TrainConfig(**QUICK | split, loss=LossConfig(lam=1))
        logs.append(train(model_of(CONFIGS["llama"]), tokenizer, examples, config).log[0])
    for gradient, log in zip(gradients[1:], logs[1:], strict=True):
        for name, expected in gradients[0].items():
            torch.testing.assert_close(gradient[name], expected, rtol=1e-4, atol=1e-6)
        assert log == pytest.approx(logs[0], rel=1e-4)


@pytest.mark.slow
def test_a_row_over_several_steps_holds_their_mean(tokenizer, examples):
    single = train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK)).log
    double = train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK, logging_steps=2)).log
    assert [row["step"] for row in double] == [2, 4]
    assert double[1]["nll"] == pytest.approx((single[2]["nll"] + single[3]["nll"]) / 2, rel=1e-5)
    assert double[1]["n_changed"] == single[2]["n_changed"] + single[3]["n_changed"]


@pytest.mark.slow
def test_the_adapter_on_disk_is_the_trained_one(tokenizer, examples, tmp_path):
    result = train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK, output_dir=str(tmp_path)))
    assert result.adapter == tmp_path / "adapter"
    again = PeftModel.from_pretrained(model_of(CONFIGS["llama"]), result.adapter).eval()
    ids = torch.tensor([examples[0]["input_ids"]])
    torch.testing.assert_close(again(ids).logits, result.model(ids).logits)
    torch.testing.assert_close(again.merge_and_unload()(ids).logits, result.model(ids).logits)
    plain = model_of(CONFIGS["llama"]).eval()(ids).logits
    assert (plain - result.model(ids).logits).abs().max() > 1e-3


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_weights(tokenizer, examples, tmp_path, watch):
    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == 1 and not (tmp_path / "checkpoint-2").exists() and str(tmp_path) == args.output_dir:
            os.kill(os.getpid(), signal.SIGINT)

    watch(on_step_begin=on_step_begin)
    whole = train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK))
    config = TrainConfig(**QUICK, output_dir=str(tmp_path))
    with pytest.raises(KeyboardInterrupt, match="stopped after step 2: load the model and run again"):
        train(model_of(CONFIGS["llama"]), tokenizer, examples, config)
    (tmp_path / "checkpoint-3").mkdir()  # what a run killed while it saved would leave
    resumed = train(model_of(CONFIGS["llama"]), tokenizer, examples, config)
    assert [row["step"] for row in resumed.log] == [1, 2, 3, 4]
    for name, expected in weights(whole.model).items():
        torch.testing.assert_close(weights(resumed.model)[name], expected)


def test_a_folder_with_a_run_of_other_settings_is_refused(tokenizer, examples, tmp_path):
    config = TrainConfig(**QUICK | {"steps": 1}, output_dir=str(tmp_path))
    train(model_of(CONFIGS["llama"]), tokenizer, examples, config)
    other = TrainConfig(**QUICK | {"steps": 1}, loss=LossConfig(lam=0.2), output_dir=str(tmp_path))
    with pytest.raises(ValueError, match=r"other settings \(loss is .*0.1.* there, .*0.2.* here\)"):
        train(model_of(CONFIGS["llama"]), tokenizer, examples, other)


def test_full_fine_tuning_trains_every_weight(tokenizer, examples):
    model = model_of(CONFIGS["llama"])
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    result = train(model, tokenizer, examples, TrainConfig(**QUICK | {"lora_r": 0, "gradient_checkpointing": True}))
    assert not isinstance(result.model, PeftModel)
    assert all((p != before[name]).any() for name, p in result.model.named_parameters())


@pytest.fixture
def nf4_model(tmp_path):
    """A tiny Llama with NF4 weights, wide enough for whole blocks of 64."""
    from procure_kit.training.four_bit import four_bit_config

    model_of(CONFIGS["llama"]).save_pretrained(tmp_path / "base")
    quantization = four_bit_config(torch.float32)
    return AutoModelForCausalLM.from_pretrained(tmp_path / "base", quantization_config=quantization, device_map="cpu")


def test_qlora_on_cpu_trains_the_adapter_and_leaves_the_base(tokenizer, examples, nf4_model):
    frozen = nf4_model.model.layers[0].self_attn.q_proj.weight
    before = frozen.data.clone()
    assert frozen.dtype == torch.uint8
    batch_loss = [concept_loss(nf4_model, _batch(examples), None, how).total for how in ("fused", "eager")]
    torch.testing.assert_close(*batch_loss, rtol=1e-4, atol=1e-5)
    result = train(nf4_model, tokenizer, examples, TrainConfig(**QUICK | {"steps": 12, "gradient_checkpointing": True}))
    assert result.log[-1]["nll"] < result.log[0]["nll"]
    assert torch.equal(frozen.data, before)
    assert {p.dtype for p in weights(result.model).values()} == {torch.float32}


@pytest.mark.parametrize("checkpointing", [False, True])
def test_on_four_bit_weights_the_adapters_gradient_is_the_eager_one(examples, nf4_model, checkpointing):
    model = training.with_adapter(nf4_model, TrainConfig(lora_r=4)).train()
    if checkpointing:
        model.gradient_checkpointing_enable(training.NON_REENTRANT)
    gradients = {}
    for how in ("fused", "eager"):
        model.zero_grad()
        concept_loss(model, _batch(examples), LossConfig(lam=1.0), how).total.backward()
        gradients[how] = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    assert gradients["fused"] and all("lora" in name for name in gradients["fused"])
    for name, gradient in gradients["fused"].items():
        torch.testing.assert_close(gradient, gradients["eager"][name], rtol=1e-3, atol=1e-5, msg=name)


def _batch(examples):
    from procure_kit.training.examples import collate

    return collate(examples, 0)


def test_weights_that_stay_as_they_are_stay_in_16_bits(nf4_model):
    model = training.with_adapter(nf4_model.bfloat16(), TrainConfig(lora_r=4))
    assert {p.dtype for name, p in model.named_parameters() if "embed" in name or "norm" in name} == {torch.bfloat16}
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}


def test_four_bits_cannot_be_trained_in_full(tokenizer, examples, nf4_model):
    with pytest.raises(ValueError, match="give lora_r, or load without four_bit"):
        train(nf4_model, tokenizer, examples, TrainConfig(**QUICK | {"lora_r": 0}))


@pytest.mark.slow
def test_a_second_run_goes_on_with_the_adapter_or_says_how(tokenizer, examples):
    model = model_of(CONFIGS["llama"])
    first = train(model, tokenizer, examples, TrainConfig(**QUICK))
    with pytest.raises(ValueError, match=r"go on with that run's result.model, or load the model afresh"):
        train(model, tokenizer, examples, TrainConfig(**QUICK))
    before = weights(first.model)
    second = train(first.model, tokenizer, examples, TrainConfig(**QUICK))
    assert second.model is first.model
    assert any((weights(second.model)[name] != value).any() for name, value in before.items())


def test_the_models_own_attention_is_back_after_a_run(tokenizer, examples):
    model = model_of(CONFIGS["llama"])
    train(model, tokenizer, examples, TrainConfig(**QUICK | {"steps": 1, "gradient_checkpointing": True}))
    assert model.config._attn_implementation == "sdpa"


def test_in_a_notebook_a_bar_takes_the_place_of_the_table(tokenizer, examples, monkeypatch, capsys):
    class Table(TrainerCallback):
        def on_log(self, *args, **kwargs):
            raise AssertionError("the table is still there")

    monkeypatch.setattr("transformers.trainer.DEFAULT_PROGRESS_CALLBACK", Table)
    monkeypatch.setattr(training, "DEFAULT_PROGRESS_CALLBACK", Table)
    train(model_of(CONFIGS["llama"]), tokenizer, examples, TrainConfig(**QUICK))
    assert "nll" not in capsys.readouterr().out


def test_steps_that_train_no_concept_are_counted(tokenizer, examples):
    plain = [e for e in examples if not any(e["changed"])]
    log = train(model_of(CONFIGS["llama"]), tokenizer, plain, TrainConfig(**QUICK, logging_steps=2)).log
    assert [row["steps_without_concept"] for row in log] == [2, 2]


def test_no_examples_is_an_error(tokenizer):
    with pytest.raises(ValueError, match="no examples"):
        train(model_of(CONFIGS["llama"]), tokenizer, [], TrainConfig(**QUICK))


def test_the_papers_settings_are_the_defaults():
    config = TrainConfig()
    assert (config.lr, config.batch_size, config.epochs, config.loss.lam) == (5e-6, 16, 5, 0.1)
    json.dumps(config.loss.__dict__)  # plain values, so that a run can be written down
