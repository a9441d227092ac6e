"""The kit's verdict is that of one plain process, or a status that says why not (tests/proofs/verdicts.py)."""

import json
from itertools import islice

import pytest

from procure_kit.running.runner import run_many
from tests.proofs.hand_written import OWN, PROBLEMS
from tests.proofs.verdicts import compared, hand_written, hand_written_problem, humaneval, kept

pytestmark = pytest.mark.extras
NAMES = [*PROBLEMS]


def check(names: list[str], jobs: list) -> None:
    for name, (status, _, kind, detail, _) in zip(names, compared(jobs, workers=1), strict=True):
        assert kind != "silent", (name, status, detail)
        assert PROBLEMS[name][2] in (status, None), (name, status, detail)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where some of the programs write


@pytest.mark.slow
def test_some_hand_written_problems():
    check(NAMES[::12], list(hand_written())[::12])


@pytest.mark.slow
def test_hand_written_problems():
    check(NAMES, list(hand_written()))


@pytest.mark.slow
def test_what_passes_in_one_process_does_so_when_asked_for():
    own = {name: problem for name, problem in PROBLEMS.items() if problem[2] == OWN}
    jobs = [(program, hand_written_problem(name, program, test)) for name, (program, test, _) in own.items()]
    for name, result in zip(own, run_many(jobs, workers=1, timeout=10, own_process=True), strict=True):
        assert result.status == "passed_in_own_process", (name, result)


@pytest.mark.slow
def test_broken_versions_of_humaneval():
    found = list(compared(list(islice(humaneval(), 0, 100, 4)), workers=1))
    assert len(found) > 20 and {kind for _, _, kind, _, _ in found} <= {"agree", "named"}
    assert {passes for _, passes, _, _, _ in found} == {True, False}


def test_what_was_found_of_other_sets_by_the_same_command_stays(tmp_path):
    path, silent = tmp_path / "verdicts.json", [{"set": "a", "task_id": "1"}, {"set": "b", "task_id": "2"}]
    assert kept(path, "it", ["a"]) == ({}, [])
    path.write_text(json.dumps({"command": "it", "counts": {"a": {"x": 1}, "b": {"x": 2}}, "silent": silent}))
    assert kept(path, "it", ["a"]) == ({"b": {"x": 2}}, silent[1:])
    assert kept(path, "it --every 2", ["a"]) == ({}, [])
