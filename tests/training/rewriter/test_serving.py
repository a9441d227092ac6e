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
    """A model whose answers are given; a token is a code point, 0 the end."""

    def __init__(self, greedy, *samples):
        self.generation_config = GenerationConfig(eos_token_id=0)
        self.greedy, self.samples, self.asked = greedy, samples, []

    def generate(self, input_ids, num_return_sequences=1, **options):
        self.asked.append(options)
        texts = [self.samples[n % len(self.samples)] for n in range(num_return_sequences)] if self.samples else []
        texts = texts if options["do_sample"] else [self.greedy] * len(input_ids)
        width = max(map(len, texts))
        answers = torch.tensor([[*map(ord, text), *[0] * (width - len(text))] for text in texts])
        return torch.cat([input_ids.repeat_interleave(len(texts) // len(input_ids), 0), answers], dim=1)


class Characters:
    """A tokenizer whose tokens are code points, padded at the left."""

    def __call__(self, texts, **options):
        width = max(map(len, texts))
        ids = [list(map(ord, text)) for text in ([texts] if isinstance(texts, str) else texts)]
        if isinstance(texts, list):
            ids = torch.tensor([[0] * (width - len(row)) + row for row in ids])
        return type("Encoded", (dict,), {"input_ids": ids if isinstance(texts, list) else ids[0]})(input_ids=ids)

    def decode(self, ids):
        return "".join(map(chr, ids))


def said(*answers):
    messages = [{"role": "user", "content": "why"}]
    for answer in answers:
        messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": "no"}]
    return SETTINGS | {"messages": messages}


def asked(rewriter, *answers):
    reply = json.loads(wait_for(rewriter.post(said(*answers))))
    return reply["choices"][0]["message"]["content"], reply["choices"][0]["finish_reason"], reply["usage"]


def test_the_first_answer_is_the_likeliest():
    model = Stub("ab", "c")
    content, _, usage = asked(Rewriter(model, Characters()))
    assert content == "ab" and not model.asked[0]["do_sample"]
    assert usage == {"prompt_tokens": 3, "completion_tokens": 2}


def test_a_repair_is_the_next_sample_that_was_not_rejected():
    model = Stub("ab", "ab", "c", "d")
    rewriter = Rewriter(model, Characters())
    first, second = asked(rewriter, "ab"), asked(rewriter, "ab", "c")
    assert (first[0], second[0], len(model.asked)) == ("c", "d", 1)
    assert model.asked[0]["temperature"] == SETTINGS["temperature"]
    assert first[2]["completion_tokens"] >= DRAWS and second[2]["completion_tokens"] == 0
    assert asked(rewriter, "ab", "c", "d")[0] == "ab"  # all were rejected: it says so again


def test_an_answer_without_an_end_is_told_and_an_empty_one_is_no_fault():
    assert asked(Rewriter(Stub(" "), Characters()))[0] == "(nothing)"
    assert asked(Rewriter(Stub("ab", "c", "dd"), Characters()), "x")[1] == "stop"
    assert asked(Rewriter(Stub("ab", "dd", "c"), Characters()), "x")[1] == "length"


def test_many_questions_are_answered_together():
    model = Stub("ab")
    rewriter = Rewriter(model, Characters())
    rewriter.answer_all(["why", "why not", "why"])
    assert len(model.asked) == 1 and asked(rewriter)[0] == "ab" and len(model.asked) == 1


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
        (
            ["--generator", "rules", "--adapter", "here"],
            "--adapter: for --generator smollm2:edits or openai:MODEL; rules",
        ),
        (["--generator", "rules", "--replay", "--turns", "2"], "--turns, --replay: for --generator"),
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
