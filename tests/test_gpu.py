"""`make gpu`: what becomes of parts that fail, run out of memory or time, and that no card is one sentence."""

import json
import re
import types

import pytest
import torch

from procure_kit.problems.rows import append_row, read_rows
from procure_kit.training.presets import PRESETS
from tests.benchmarks import gpu, gpu_checks, gpu_costs, gpu_parts
from tests.benchmarks.gpu import main
from tests.benchmarks.gpu_results import Results

torch.set_num_threads(1)
CPU = torch.device("cpu")
CARD = {"card": "Some RTX-9", "GiB": 8.0, "torch": "2"}
LOSS = {"tokens": 512, "checkpointing": False, "loss": "fused", "seconds": 0.5, "MiB": 7.0, "before_MiB": 90.0}


@pytest.fixture
def processes(monkeypatch):
    """Stands in for the processes: `ends` says how each part ends there, and each writes one row before."""
    ends, seen = {}, []

    def limited(command, seconds, log, env, cwd):
        seen.append((command, seconds, env))
        log.write_text("Traceback ...\nwhat it said last\n")
        if command[2] in (gpu.EXPERIMENT, gpu.CLI):
            return ends.get(command[3], ("done", ""))
        file = command[command.index("--rows") + 1]
        for name in command[3 : command.index("--device")]:
            append_row(file, {"part": name} | (CARD if name == "card" else LOSS if name == "loss" else {"steps": 2}))
            ending = ends.get(name, ("done", ""))
            if isinstance(ending, type):
                raise ending
            if ending[0] in ("out of time", "does not fit"):
                return ending
            append_row(file, {"part": name, "ending": ending[0], "note": ending[1], "seconds": 3})
        return "done", ""

    monkeypatch.setattr(gpu, "limited", limited)
    monkeypatch.setattr(gpu, "EXPERIMENT", "json.not_there")
    return types.SimpleNamespace(ends=ends, seen=seen)


def parts(folder):
    return json.loads((folder / "some_rtx_9.json").read_text())["parts"]


def test_each_part_has_a_process_of_its_own_on_the_first_card_and_a_share_of_the_time(processes, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")  # two in one process are refused
    assert main(["-o", str(tmp_path), "--minutes", "20"]) == 0
    names = [command[3] for command, _, _ in processes.seen]
    assert names == ["card", "exact", "tiny", *PRESETS, "loss"]
    assert {env["CUDA_VISIBLE_DEVICES"] for _, _, env in processes.seen} == {"3"}
    limits = dict(zip(names, (seconds for _, seconds, _ in processes.seen), strict=True))
    assert limits["card"] == 120 and all(0 < limit < 1200 for limit in limits.values())
    later = 1800 + 6000  # the loss, and the two experiments, for which time is kept
    assert limits["loss"] == pytest.approx(1200 * 1800 / later, rel=0.2)


def test_a_part_that_fails_or_finds_no_room_or_time_says_so_and_the_next_goes_on(processes, tmp_path, capsys):
    processes.ends |= {"exact": ("fails", "ValueError: wrong"), "tiny": ("out of time", "cut short after 240 s")}
    processes.ends |= {next(iter(PRESETS)): ("does not fit", "the system ended it")}
    assert main(["-o", str(tmp_path)]) == 1
    found = parts(tmp_path)
    assert list(found) == ["exact", "tiny", *PRESETS, "loss", "smollm2", "qwen"]
    assert [found[name]["ending"] for name in ("exact", "tiny", "loss")] == ["fails", "out of time", "done"]
    assert all(len(found[name]["rows"]) == 1 for name in ("exact", "tiny", "loss"))  # what was done is kept
    assert found["smollm2"]["ending"] == "left out" and "not available" in found["smollm2"]["note"]
    text = (tmp_path / "some_rtx_9.md").read_text()
    for said in (
        "Some RTX-9; GiB 8.0",
        "Fails: ValueError: wrong; 3 s.",
        "Out of time: cut short",
        "| 512 | no | fused |",
    ):
        assert said in text and said in capsys.readouterr().out + text
    processes.ends.clear()
    assert main(["-o", str(tmp_path), "--parts", "exact"]) == 0
    assert parts(tmp_path) == found | {"exact": found["exact"] | {"ending": "done", "note": ""}}  # the others stay


def test_ctrl_c_keeps_what_is_done_and_ends(processes, tmp_path):
    processes.ends["tiny"] = KeyboardInterrupt
    assert main(["-o", str(tmp_path)]) == 130
    found = parts(tmp_path)
    assert {name: part["ending"] for name, part in found.items()} == {"exact": "done", "tiny": "stopped"}
    assert len(found["tiny"]["rows"]) == 1


def test_a_row_that_fails_counts_and_one_without_room_does_not(processes, tmp_path, monkeypatch):
    monkeypatch.setitem(LOSS, "note", "does not fit")
    assert main(["-o", str(tmp_path), "--parts", "loss"]) == 0
    monkeypatch.setitem(LOSS, "note", "fails: RuntimeError: no kernel")
    assert main(["-o", str(tmp_path), "--parts", "loss"]) == 1


def test_without_a_card_it_is_one_sentence_and_nothing_is_written(processes, tmp_path, capsys):
    processes.ends["card"] = ("fails", "torch finds no CUDA GPU: see what `nvidia-smi` says")
    assert main(["-o", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.err == "torch finds no CUDA GPU: see what `nvidia-smi` says\n" and list(tmp_path.iterdir()) == []
    processes.ends["card"] = ("out of time", "cut short after 120 s")
    assert main(["-o", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "looking at the card: out of time, cut short after 120 s\n"
    for options, said in (
        (["--device", "cpu"], "on a CPU there is only --dry"),
        (["--minutes", "0"], "above 0, not 0"),
    ):
        with pytest.raises(SystemExit):
            main(options)
        assert said in capsys.readouterr().err


def test_the_experiment_gets_rows_and_a_file_beside_the_results(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "EXPERIMENT", "json.tool")  # any module that is there
    (tmp_path / "qwen").mkdir()
    rows, options = tmp_path / "rows.jsonl", ["-o", str(tmp_path), "--qwen", str(tmp_path / "qwen")]
    assert main([*options, "--parts", "smollm2", "qwen", "--rows", str(rows)]) == 0
    one, two = (command for command, _, _ in processes.seen[1:])
    expected = [
        "json.tool",
        "--device",
        "cuda",
        "--out",
        str(tmp_path / "some_rtx_9.smollm2.jsonl"),
        "--rows",
        str(rows),
    ]
    assert one[2:] == [*expected, "--work", "runs/gpu"]
    assert two[-4:] == ["--model", str(tmp_path / "qwen"), "--work", "runs/gpu"] and "some_rtx_9.qwen.jsonl" in two[6]
    assert "Done: rows and page: some_rtx_9.smollm2.jsonl" in (tmp_path / "some_rtx_9.md").read_text()


def test_without_rows_they_are_made_first_and_what_fails_there_ends_the_part(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "EXPERIMENT", "json.tool")
    assert main(["-o", str(tmp_path), "--parts", "smollm2"]) == 0
    made = [command[2:5] for command, _, _ in processes.seen[1:]]
    kinds = [(module, command) for module, command, _ in made]
    assert kinds[:2] == [(gpu.CLI, "perturb")] * 2 and kinds[2][0] == "json.tool"
    limits = [seconds for _, seconds, _ in processes.seen[1:]]
    assert limits == sorted(limits, reverse=True)  # of the same time
    processes.ends["perturb"] = ("fails", "reasoning_gym is not installed")
    assert main(["-o", str(tmp_path), "--parts", "smollm2"]) == 1
    assert parts(tmp_path)["smollm2"]["note"].startswith("reasoning_gym is not installed")
    assert processes.seen[-1][0][3] == "perturb"


def test_a_model_that_is_not_to_be_had_is_left_out(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "EXPERIMENT", "json.tool")
    assert main(["-o", str(tmp_path), "--parts", "qwen", "--qwen", "nobody/nothing"]) == 0
    told = parts(tmp_path)["qwen"]
    assert told["ending"] == "left out" and re.match("nobody/nothing is no folder here.*--qwen PATH", told["note"])


def test_later_libraries_are_told_beside_a_part(tmp_path):
    Results(tmp_path, CARD, False).add(
        {"tiny": {"ending": "done", "note": "", "seconds": 1, "rows": [], "command": "x"}}
    )
    Results(tmp_path, CARD | {"torch": "3"}, False).add({})
    assert "With Some RTX-9; GiB 8.0; torch 2." in (tmp_path / "some_rtx_9.md").read_text()


def test_the_parts_are_those_that_can_be_run():
    assert set(gpu_parts.PARTS) == set(gpu.CHECKS | gpu.COSTS)


@pytest.mark.parametrize(
    "built, warned, expected",
    [
        (None, [], r"built without CUDA: `pip install --force-reinstall torch==\d[\d.]+` from PyPI"),
        ("13.0", [], "finds no CUDA GPU: see what `nvidia-smi` says"),
        ("13.0", ["The NVIDIA driver is too old\nmore"], r"finds no CUDA GPU \(The NVIDIA driver is too old\): see"),
    ],
)
def test_no_card_is_said_with_what_to_do(built, warned, expected, monkeypatch):
    def is_available():
        for warning in warned:
            gpu_checks.warnings.warn(warning, stacklevel=1)
        return False

    monkeypatch.setattr(torch.version, "cuda", built)
    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    with pytest.raises(SystemExit, match=expected) as told:
        list(gpu_checks.card(torch.device("cuda", 0), False))
    assert "\n" not in str(told.value)


def test_a_bitsandbytes_without_kernels_is_told_before_anything_is_measured(monkeypatch):
    (row,) = gpu_checks.card(CPU, True)
    assert row["card"].startswith("CPU") and row["torch"] == torch.__version__
    monkeypatch.setattr(gpu_checks, "in_four_bits", lambda linear: torch.nn.Linear(256, 128, dtype=torch.bfloat16))
    with pytest.raises(SystemExit, match=r"does not compute in NF4 here \(1\.\d+\): install a version"):
        list(gpu_checks.card(CPU, True))


def test_a_loss_that_is_not_exact_is_told(monkeypatch):
    true = gpu_checks.concept_loss

    def wrong(model, batch, config, how):
        return true(model, batch, config if how == "eager" else gpu_checks.LossConfig(lam=1.1, layers=(0, -1)), how)

    rows = gpu_checks.exact(CPU, True)
    assert ["note" in next(rows) for _ in range(2)] == [False, False]  # eager, fused
    monkeypatch.setattr(gpu_checks, "concept_loss", wrong)
    rows = gpu_checks.exact(CPU, True)
    assert ["note" in next(rows) for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    "error, ending, note",
    [
        (torch.OutOfMemoryError("CUDA out of memory.\nTried"), "does not fit", "CUDA out of memory."),
        (RuntimeError("no kernel image\nCUDA"), "fails", "RuntimeError: no kernel image"),
        (KeyError(), "fails", "KeyError: "),
    ],
)
def test_what_goes_wrong_in_a_part_is_its_last_row(error, ending, note, tmp_path, monkeypatch):
    def part(device, dry):
        yield {"tokens": 1}
        raise error

    monkeypatch.setitem(gpu_parts.PARTS, "loss", part)
    gpu_parts.run("loss", CPU, True, tmp_path / "rows.jsonl")
    first, last = read_rows(tmp_path / "rows.jsonl")
    assert first == {"part": "loss", "tokens": 1} and (last["ending"], last["note"]) == (ending, note)


@pytest.mark.slow
def test_a_step_that_finds_no_room_is_a_row_and_the_shorter_ones_stay(monkeypatch):
    true, calls = gpu_costs.train, []

    def train(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return true(*arguments)

    monkeypatch.setattr(gpu_costs, "train", train)
    one, two = gpu_costs.step("bigcode/starcoderbase-7b", CPU, True)
    assert one["s/step"] > 0 and one["nll"] > 0 and "note" not in one
    assert two == {"tokens": 96, "GiB, estimated": two["GiB, estimated"], "note": "does not fit"}


@pytest.mark.slow
def test_the_whole_script_runs_on_a_cpu(tmp_path):
    """As on a card: 16 bits, NF4, the same parts in a process, with tiny shapes."""
    assert main(["--device", "cpu", "--dry", "-o", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("*.json")
    told = json.loads(file.read_text())
    assert told["dry"] and told["card"]["bitsandbytes"]
    own = {name: part for name, part in told["parts"].items() if name not in gpu.EXPERIMENTS}
    assert set(own) == set(gpu.CHECKS | gpu.COSTS) - {"card"}
    assert {part["ending"] for part in own.values()} == {"done"}
    rows = {name: part["rows"] for name, part in own.items()}
    assert {row["architecture"] for row in rows["exact"]} == {"llama", "gpt_bigcode", "qwen2"}
    assert all(max(row["error"], row["with checkpointing"]) < 0.05 for row in rows["exact"])
    assert rows["tiny"][0]["steps"] == 2 and rows["tiny"][0]["pairs"] > 0
    seen = {(row["tokens"], row["checkpointing"], row["loss"]) for row in rows["loss"] if "seconds" in row}
    assert (
        len(seen & {(n, c, how) for n in (32, 64) for c in (False, True) for how in ("plain", "fused", "eager")}) == 12
    )
    assert all([row["tokens"] for row in rows[name]] == [48, 96] for name in PRESETS)
    assert "the figures mean nothing" in file.with_suffix(".md").read_text()
    assert told["parts"]["smollm2"]["ending"] == "done" and "| both |" in file.with_suffix(".smollm2.md").read_text()
