"""The tuned model in this process: greedy first, then samples that were not rejected; and which folders are none."""

import json
import shutil

import pytest
import torch
from transformers import GenerationConfig

from procure_kit import cli
from procure_kit.generation.llm.background import wait_for
from procure_kit.generation.llm.edits import SETTINGS
from procure_kit.problems.rows import read_rows
from procure_kit.shipped import DATA
from procure_kit.training.rewriter.serving import ADAPTER, DRAWS, Rewriter

KIT = DATA / "kit.jsonl"


class Stub:
    """A model whose samples are given; a token is a code point, 0 the end."""

    def __init__(self, greedy, *samples):
        self.generation_config = GenerationConfig(eos_token_id=0)
        self.greedy, self.samples, self.asked = greedy, samples, []

    def generate(self, input_ids, num_return_sequences, **options):
        self.asked.append(options)
        texts = [self.samples[n % len(self.samples)] for n in range(num_return_sequences)]
        texts = texts if options["do_sample"] else [self.greedy]
        width = max(map(len, texts))
        rows = [[*input_ids[0].tolist(), *map(ord, text), *[0] * (width - len(text))] for text in texts]
        return torch.tensor(rows)


class Characters:
    def __call__(self, text, return_tensors, add_special_tokens):
        ids = torch.tensor([[ord(letter) for letter in text]])
        return type("Encoded", (dict,), {"input_ids": ids})(input_ids=ids)

    def decode(self, ids):
        return "".join(map(chr, ids))


def asked(model, *answers):
    said = [{"role": "user", "content": "why"}]
    for answer in answers:
        said += [{"role": "assistant", "content": answer}, {"role": "user", "content": "no"}]
    return json.loads(wait_for(Rewriter(model, Characters()).post(SETTINGS | {"messages": said})))


def test_the_first_answer_is_the_likeliest():
    model = Stub("ab", "c")
    reply = asked(model)
    assert reply["choices"][0]["message"]["content"] == "ab" and not model.asked[0]["do_sample"]
    assert reply["usage"] == {"prompt_tokens": 3, "completion_tokens": 3}


def test_a_repair_is_the_first_sample_that_was_not_rejected():
    model = Stub("ab", "ab", "c", "d")
    assert asked(model, "ab")["choices"][0]["message"]["content"] == "c"
    assert asked(model, "ab", "c")["choices"][0]["message"]["content"] == "d"
    assert asked(model, "ab", "c", "d")["choices"][0]["message"]["content"] == "ab"  # all were: it says so again
    assert model.asked[0]["temperature"] == SETTINGS["temperature"]
    assert asked(model, "ab")["usage"]["prompt_tokens"] == 3 * DRAWS


def test_an_answer_without_an_end_is_told_and_an_empty_one_is_no_fault():
    assert asked(Stub("", "x"))["choices"][0]["message"]["content"] == "(nothing)"
    assert asked(Stub("ab", "c", "dd"), "x")["choices"][0]["finish_reason"] == "stop"
    assert asked(Stub("ab", "dd", "c"), "x")["choices"][0]["finish_reason"] == "length"


def perturb(tmp_path, *more):
    return cli.main(["perturb", str(KIT), "-o", str(tmp_path / "out.jsonl"), "--generator", "smollm2:edits", *more])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--base-url", "http://localhost:1/v1"], "--base-url: smollm2:edits runs in this process, and asks no server"),
        (["--structured"], "--structured: smollm2:edits runs in this process"),
        (["--concepts", "data_type"], "no edits are known for 'data_type': use one of if_else_flip"),
        (["--every-site"], "a model is asked about one site a problem"),
        (["--generator", "openai:m", "--adapter", "here"], "--adapter is for --generator smollm2:edits"),
        (["--generator", "smollm2:edit"], "use 'rules', 'smollm2:edits' or 'openai:MODEL'"),
    ],
)
def test_the_command_refuses_what_cannot_be_meant(tmp_path, capsys, more, said):
    assert perturb(tmp_path, *more) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out.jsonl").exists()


def test_the_command_replays_a_record_without_the_model(tmp_path, capsys):
    record = tmp_path / "none.jsonl"
    record.touch()
    assert perturb(tmp_path, "--replay", "--record", str(record), "--concepts", "independent_swap") == 1
    faults = [row for row in read_rows(tmp_path / "out.jsonl") if row["status"] == "api_fault"]
    assert len(faults) == 32 and all("the record has no reply" in row["detail"] for row in faults)


@pytest.mark.slow
def test_a_folder_without_an_adapter_and_one_of_another_model(tmp_path, capsys):
    assert perturb(tmp_path, "--adapter", str(tmp_path)) == 2
    assert f"{tmp_path}: no adapter there (a folder with adapter_config.json)" in capsys.readouterr().err
    other = shutil.copytree(ADAPTER, tmp_path / "other")
    base = json.loads((other / "base.json").read_text())
    (other / "base.json").write_text(json.dumps({"base": "another", "embeddings": [0.0] * len(base["embeddings"])}))
    assert perturb(tmp_path, "--adapter", str(other)) == 2
    assert "this adapter was trained on another, and the model here is smollm2-135m-instruct" in capsys.readouterr().err
    (other / "base.json").write_text(json.dumps(base))
    (other / "adapter_model.safetensors").write_bytes(b"cut off")
    assert perturb(tmp_path, "--adapter", str(other)) == 2
    assert "it does not fit" in capsys.readouterr().err


@pytest.mark.slow
def test_the_model_swaps_two_statements(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    one = tmp_path / "one.jsonl"
    one.write_text(KIT.read_text(encoding="utf-8").splitlines()[1] + "\n", encoding="utf-8")
    command = f"perturb {one} -o {tmp_path / 'out.jsonl'} --generator smollm2:edits --concepts independent_swap"
    assert cli.main(command.split()) == 0
    (row,) = read_rows(tmp_path / "out.jsonl")
    assert (row["status"], row["generator"]) == ("valid", "smollm2:edits")
