"""Downstream scores: likelihoods, what is right, how gains are paired, and runs that go on where they stopped."""

import pytest

from procure_kit.experiments import downstream as module
from procure_kit.experiments.downstream import accuracies, downstream, likelihoods, main
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


@pytest.mark.slow
def test_the_kits_model_finds_most_defects_of_its_world(tiny, problems):
    found = accuracies(downstream(*tiny, problems))
    assert found["defect"][0] > 0.5 and found["summary"][0] > 0.25


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command with models that are only names: those of `plain` find every defect, others none."""
    from procure_kit.training import models

    made = []

    def load(name):
        made.append(name.removeprefix(str(tmp_path)).strip("/"))
        return name, None

    def found(model, tokenizer, problems):
        return [{"task": "defect", "task_id": p.task_id, "right": "plain" in model} for p in problems]

    monkeypatch.setattr(models, "load_model", load)
    monkeypatch.setattr(module, "downstream", found)
    for folder in ("originals_0", "plain_0", "plain_1"):
        (tmp_path / folder / "300").mkdir(parents=True)
    settings = ["--out", str(tmp_path / "rows.jsonl"), "--state", str(tmp_path), "--point", "300", "--limit", "8"]
    return made, tmp_path / "rows.jsonl", lambda *more: main([*settings, *more])


def test_a_table_has_the_levels_and_what_the_arms_differ_by(run, capsys):
    made, out, ask = run
    ask()
    lines = capsys.readouterr().out.splitlines()
    assert made == ["tiny", "originals_0/300", "plain_0/300", "plain_1/300"]
    assert out.with_suffix(".md").read_text().splitlines() == lines and len(lines) == 2 + 2 * 2 * 3
    assert lines[0].endswith("| untuned (1) | originals (1) | plain (2) | originals − untuned | plain − originals |")
    cells = [cell.strip() for cell in lines[3].split("|")[1:-1]]
    assert cells[:3] == ["composition", "as written", "defect"] and cells[4] == "50"
    assert [cell.split(" ")[0] for cell in cells[5:]] == ["0", "0", "100", "+0.0", "+100.0"]
    assert set(lines[2].split("|")[6:-1]) == {" – "}  # no answer of the other tasks


def test_models_are_asked_once_and_problems_do_not_mix(run, capsys):
    made, out, ask = run
    ask("--arms", "plain")
    ask("--arms", "originals", "plain")
    assert made == ["plain_0/300", "plain_1/300", "originals_0/300"] and len(out.read_text().splitlines()) == 3
    strange = out.with_name("strange.jsonl")
    strange.write_text('{"arm": "plain", "seed": 0, "point": 300}\n')
    told = {
        "holds runs on other": ["--out", str(strange)],
        "other problems": ["--limit", "2"],
        "another point": ["--point", "400", "--arms", "untuned"],
    }
    told |= {"no weights of 'both' at 300 tokens": ["--arms", "both"]}
    for said, line in told.items():
        with pytest.raises(SystemExit):
            ask(*line)
        assert said in capsys.readouterr().err


def test_arms_without_a_seed_in_common_are_not_compared(run, capsys):
    _, out, ask = run
    (out.parent / "kl_7" / "300").mkdir(parents=True)
    ask("--arms", "plain", "kl")
    assert capsys.readouterr().out.splitlines()[0].endswith("| chance | plain (2) | kl (1) |")
