"""A folder holds one run: refused, returned or gone on with, and what is damaged is named."""

import errno
import json
import os
import shutil

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError

from procure_kit.training import training
from procure_kit.training.folder import DamagedCheckpoint, claim, damage_of, last_checkpoint, telling_of_no_room
from procure_kit.training.training import TrainConfig, train
from tests.training.small_models import CONFIGS, example, model_of
from tests.training.test_examples import byte_tokenizer

TOKENIZER = byte_tokenizer()
QUICK = {"steps": 4, "batch_size": 4, "lr": 1e-2, "lora_r": 4, "bf16": False, "save_steps": 2}


def examples(seed=1):
    torch.manual_seed(seed)
    return [example(6 + t, 1 + t % 3, {4, 5} if t % 2 else set()) for t in range(8)]


def run(folder, model=None, rows=None, **settings):
    model = model_of(CONFIGS["llama"]) if model is None else model
    return train(model, TOKENIZER, rows or examples(), TrainConfig(**QUICK | settings, output_dir=str(folder)))


def weights(result):
    return {name: p.detach().clone() for name, p in result.model.named_parameters() if "lora" in name}


def same(one, other):
    assert one.keys() == other.keys() and one
    for name, value in one.items():
        torch.testing.assert_close(other[name], value)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("done")
    return folder, run(folder)


@pytest.fixture
def copy(done, tmp_path):
    """The folder of a run that is done, to be damaged, and what the run returned."""
    return shutil.copytree(done[0], tmp_path / "run"), done[1]


def test_a_finished_run_called_again_returns_itself(done):
    folder, first = done
    before = {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "tensorboard" not in str(path)
    }
    for _ in range(2):
        again = run(folder)
        same(weights(first), weights(again))
        assert (again.log, again.adapter, again.seconds) == (first.log, first.adapter, first.seconds)
    assert {path: path.read_bytes() for path in before} == before


def other_model():
    model = model_of(CONFIGS["llama"])
    model.model.layers[0].self_attn.q_proj.weight.data[0, 0] += 1
    return model


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"rows": examples(2)}, "examples is"),
        ({"rows": examples()[:-1]}, "examples is"),
        ({"model": other_model}, "weights is"),
        ({"model": lambda: model_of(CONFIGS["qwen2"])}, "weights is"),
        ({"lr": 1e-3}, "lr is 0.01 there, 0.001 here"),
        ({"steps": 5}, "steps is 4 there, 5 here"),
    ],
    ids=["rows", "fewer rows", "weights", "architecture", "rate", "steps"],
)
def test_another_run_is_refused_and_the_difference_named(done, changes, named):
    changes = changes | {"model": changes["model"]()} if "model" in changes else changes
    with pytest.raises(ValueError, match=f"holds a run with other settings .*{named}"):
        run(done[0], **changes)


def cut(path, size=-9):
    path.write_bytes(path.read_bytes()[:size])


def forget_the_end(folder):
    (folder / "log.json").unlink()
    shutil.rmtree(folder / "adapter")


@pytest.mark.parametrize("file", ["adapter_model.safetensors", "optimizer.pt", "trainer_state.json", "rng_state.pth"])
def test_from_a_damaged_checkpoint_the_one_before_it_goes_on(copy, file):
    folder, first = copy
    forget_the_end(folder)
    cut(folder / "checkpoint-4" / file)
    with pytest.warns(DamagedCheckpoint, match=f"checkpoint-4 is passed over: {file} is damaged"):
        again = run(folder)
    same(weights(first), weights(again))
    assert [row["step"] for row in again.log] == [1, 2, 3, 4] and damage_of(folder / "checkpoint-4") is None


def test_a_run_cut_off_between_its_last_step_and_its_adapter_takes_no_further_step(copy):
    folder, first = copy
    forget_the_end(folder)
    again = run(folder)
    same(weights(first), weights(again))
    assert again.log == first.log and (folder / "adapter" / "adapter_model.safetensors").is_file()
    assert not (folder / "checkpoint-5").exists()


def test_with_all_checkpoints_damaged_it_begins_again_and_says_so(copy):
    folder, first = copy
    forget_the_end(folder)
    for path in folder.glob("checkpoint-*"):
        cut(path / "adapter_model.safetensors", 0)
    with pytest.warns(DamagedCheckpoint):
        same(weights(first), weights(run(folder)))


def test_a_damaged_adapter_is_written_anew(copy):
    folder, first = copy
    cut(folder / "adapter" / "adapter_model.safetensors")
    with pytest.warns(DamagedCheckpoint, match="written anew"):
        again = run(folder)
    base = PeftModel.from_pretrained(model_of(CONFIGS["llama"]), again.adapter)
    same(weights(first), {n: p for n, p in base.named_parameters() if "lora" in n})


@pytest.mark.parametrize("text", ["", '{"lr": 0.0', "[1]"])
def test_a_damaged_note_is_named(tmp_path, text):
    (tmp_path / "train_config.json").write_text(text)
    with pytest.raises(ValueError, match="train_config.json is damaged"):
        run(tmp_path)


def test_other_folders_are_no_checkpoints(tmp_path):
    for name in ("checkpoint-best", "checkpoint-", "checkpoint-3"):
        (tmp_path / name).mkdir()
    (tmp_path / "checkpoint-best" / "trainer_state.json").write_text("{}")
    with pytest.warns(DamagedCheckpoint, match="checkpoint-3 is passed over: it was not written to its end"):
        assert last_checkpoint(tmp_path) is None


@pytest.mark.parametrize(
    "error",
    [
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:664] . PytorchStreamWriter failed writing file 1"),
    ],
)
def test_a_full_disk_is_one_error_whoever_meets_it(tmp_path, error, monkeypatch):
    def save(self, *args, **kwargs):
        raise error

    monkeypatch.setattr(training.ConceptTrainer, "_save_checkpoint", save)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as caught:
        run(tmp_path)
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(RuntimeError, match="another"), telling_of_no_room(tmp_path):
        raise RuntimeError("another")


def test_a_note_keeps_what_it_was_first_given(tmp_path):
    claim(tmp_path / "new" / "run.json", {"a": (1, 2), "b": None})
    claim(tmp_path / "new" / "run.json", {"a": [1, 2], "b": None})
    assert json.loads((tmp_path / "new" / "run.json").read_text()) == {"a": [1, 2], "b": None}
    for other in ({"a": [1, 2]}, {"a": [1, 2], "b": None, "c": 0}):
        claim(tmp_path / "new" / "run.json", {"a": [1, 2], "b": None})
        if other.keys() != {"a"}:
            with pytest.raises(ValueError, match="c is null there, 0 here"):
                claim(tmp_path / "new" / "run.json", other)


def test_an_adapter_with_a_name_is_kept_found_and_returned(tmp_path):
    def named():
        torch.manual_seed(0)
        return get_peft_model(model_of(CONFIGS["llama"]), LoraConfig(r=2, target_modules=["q_proj"]), "mine")

    first = run(tmp_path, named())
    assert first.adapter.name == "mine" and (first.adapter / "adapter_config.json").is_file()
    same(weights(first), weights(run(tmp_path, named())))
