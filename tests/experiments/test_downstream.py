"""Downstream scores: likelihoods, what is right, how gains are paired, and runs that go on where they stopped."""

import pytest

from procure_kit.experiments import downstream as module
from procure_kit.experiments import runs as experiments
from procure_kit.experiments.downstream import accuracies, downstream, gains, likelihoods, main
from procure_kit.experiments.downstream_tasks import broken
from procure_kit.validation.problem_names import load_problems


@pytest.fixture(scope="module")
def tiny():
    from procure_kit.training.models import load_model

    return load_model("tiny")


@pytest.fixture(scope="module")
def problems():
    return [p for p in load_problems("world") if "/composition/" in p.task_id][:5]


def test_likelihoods_are_sums_over_the_text_whatever_the_batch(tiny):
    options = [("def f(a):", "\n    return a"), ("def f(a):\n", "    return a"), ("def g(values):", "\n    return 1\n")]
    one = likelihoods(*tiny, options, batch_size=1)
    assert one == pytest.approx(likelihoods(*tiny, options), abs=1e-3)
    assert one[0] == pytest.approx(one[1], abs=1e-3) and max(one) < 0
    whole, part = likelihoods(*tiny, [("def f(a):", "\n    return a + a"), ("def f(a):\n    return a", " + a")])
    (first,) = likelihoods(*tiny, [("def f(a):", "\n    return a")])
    assert whole == pytest.approx(first + part, abs=1e-3)


def test_a_model_that_prefers_the_right_and_writes_it_is_right(monkeypatch, problems):
    mutants = list(broken(problems))
    lines = {p.program.split("\n")[n - 1] for p, n, _ in mutants}

    def complete(model, tokenizer, cuts, **settings):
        programs = [(p.program.split("\n"), n) for p, n, _ in mutants]
        return [[f"\n{program[n - 1]}\nnonsense("] for program, n in programs]

    monkeypatch.setattr(module, "complete", complete)
    monkeypatch.setattr(module, "likelihoods", lambda model, tokenizer, options: [0.0] * len(options))
    rows = downstream(None, None, problems)
    found = accuracies(rows)
    assert lines and found["repair"][0] == 1 and found["defect"][0] == found["summary"][0] == 0  # a tie is wrong


def test_gains_are_paired_by_problem_and_averaged_over_seeds():
    before = [{"task": "defect", "task_id": f"t/{i}", "right": False} for i in range(4)]
    after = [row | {"right": i % 2 == 0} for i in range(2) for row in before]
    assert {task: gain[0] for task, gain in gains(before, after).items()} == {"defect": 0.5}
    with pytest.raises(ValueError, match="no task in common"):
        gains(before, [])


@pytest.mark.slow
def test_the_kits_model_finds_most_defects_of_its_world(tiny, problems):
    found = accuracies(downstream(*tiny, problems))
    assert found["defect"][0] > 0.5 and found["summary"][0] > 0.25


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """The command with models that are only names: those tuned by `plain` find every defect, others none."""
    made = []

    def tuned(arm, recipe, seed):
        made.append((arm.data, seed))
        return arm.data, None, {}

    def found(model, tokenizer, problems):
        return [{"task": "defect", "task_id": p.task_id, "right": model == "pairs"} for p in problems]

    monkeypatch.setattr(experiments, "tuned", tuned)
    monkeypatch.setattr(module, "downstream", found)
    out = tmp_path / "runs.jsonl"
    return made, out, lambda *more: main(["--out", str(out), "--limit", "4", "--arms", "plain", *more])


def test_a_table_has_the_levels_and_what_each_arm_gains(runs, capsys):
    made, out, run = runs
    run("--seeds", "2")
    lines = capsys.readouterr().out.splitlines()
    assert made == [("none", 0), ("pairs", 0), ("pairs", 1)]
    assert lines[2] == "| as written | defect | 4 | 50 | 0.0 (–) | +100.0 (–) |"
    assert out.with_suffix(".md").read_text().splitlines() == lines and "| perturbed | defect |" in lines[3]


def test_runs_go_on_where_they_stopped_and_do_not_mix(runs, capsys):
    made, out, run = runs
    run("--seeds", "1")
    run("--seeds", "2")
    assert made == [("none", 0), ("pairs", 0), ("pairs", 1)] and len(out.read_text().splitlines()) == 3
    told = {
        "another model, problems or number of steps": ["--seeds", "2", "--steps", "7"],
        "no arm 'plane'": ["--arms", "plane"],
    }
    for said, line in told.items():
        with pytest.raises(SystemExit):
            run(*line)
        assert said in capsys.readouterr().err
