"""A command that is a module of its own ends in a sentence."""

import argparse
import subprocess
import sys
from concurrent.futures import BrokenExecutor
from importlib import import_module

import pytest

from procure_kit.errors import one_sentence

LINES = {  # what is asked for: what is said
    "procure_kit.experiments.curves.runs --arms plane": "no arm 'plane'",
    "procure_kit.experiments.curves.renamings --out {}": "{}",
    "procure_kit.experiments.curves.renamings --arms plane": "no arm 'plane'",
    "procure_kit.experiments.curves.report {}/rows.jsonl": "rows.jsonl",
    "procure_kit.experiments.downstream --arms plane": "no arm 'plane'",
    "procure_kit.experiments.scores {}/model": "{}/model",
    "procure_kit.training.pretraining.pretraining --out {} --rewritten 10": "rewritten must be a number from 0 to 1",
    "procure_kit.training.pretraining.pretraining --out {} --keep-name 2": "habit keep_name is 2.0",
}


@pytest.mark.parametrize("line, said", LINES.items())
def test_a_line_that_cannot_be_done_is_told_in_a_sentence(line, said, tmp_path, capsys):
    module, *arguments = line.format(tmp_path).split()
    with pytest.raises(SystemExit) as left:
        import_module(module).main(arguments)
    last = capsys.readouterr().err.splitlines()[-1]
    assert left.value.code == 2 and said.format(tmp_path) in last


@pytest.mark.parametrize(
    "error, code, said",
    [
        (ValueError("no such thing"), 2, "error: no such thing"),
        (
            FileNotFoundError(2, "No such file or directory", "rows.jsonl"),
            2,
            "error: No such file or directory: rows.jsonl",
        ),
        (OSError(28, "No space left on device"), 2, "error: No space left on device"),
        (ValueError("first\n\n  second"), 2, "error: first; second"),
        (ValueError(), 2, "error: ValueError"),
        (ModuleNotFoundError("gone", name="torch"), 2, "pip install 'procure-kit[train]' brings it"),
        (BrokenExecutor(), 1, "a worker process died; the same command goes on where it stopped"),
        (KeyboardInterrupt(), 130, "stopped; the same command goes on where it stopped"),
    ],
)
def test_each_kind_has_its_code_and_its_words(error, code, said, capsys):
    with pytest.raises(SystemExit) as left, one_sentence(argparse.ArgumentParser()):
        raise error
    assert left.value.code == code and capsys.readouterr().err.splitlines()[-1].endswith(said)


def test_a_fault_of_the_kits_keeps_its_traceback():
    with pytest.raises(AttributeError), one_sentence(argparse.ArgumentParser()):
        raise AttributeError("a fault")


@pytest.mark.slow
def test_a_typo_at_the_shell_ends_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "procure_kit.experiments.curves.runs", "--arms", "plane"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
