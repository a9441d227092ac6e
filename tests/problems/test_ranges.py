"""Numbers that cannot be meant are refused at once, in Python as on the command line."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import procure_kit as pk
from procure_kit import cli
from procure_kit.evaluation.completion import complete
from procure_kit.evaluation.completion_server import complete_by_server
from procure_kit.problems.problem import Problem
from procure_kit.problems.ranges import RANGES, refuse_impossible

NAN, INF = float("nan"), float("inf")
RENAMED = "def f(x):\n    y = x\n    return y\n"
PROBLEM = Problem("t", "def f(x):\n", "    return x\n", "assert f(1) == 1\n", "f")


@pytest.mark.parametrize("name", RANGES)
def test_no_number_may_be_anything(name):
    kind, low, high = RANGES[name]
    for good in (1, np.int64(1), None, (1, None), low + 1, *([0.5, np.float32(0.5)] if kind != "whole" else [])):
        refuse_impossible(**{name: good})
    for bad in (
        -1,
        NAN,
        INF,
        -INF,
        "1",
        True,
        1e300,
        10**5000,
        high * 2,
        [1, -1],
        1j,
        *([1.5] if kind == "whole" else []),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be a .*number .* to .*, not "):
            refuse_impossible(**{name: bad})


@pytest.mark.parametrize(
    "call",
    [
        partial(pk.run_tests, PROBLEM.program, PROBLEM, timeout=0),
        partial(pk.run_tests, PROBLEM.program, PROBLEM, memory_mb=-5),
        lambda: list(pk.run_many([(PROBLEM.program, PROBLEM)], workers=0)),
        lambda: pk.validate(pk.perturb(RENAMED, "variable_name_random"), PROBLEM, timeout=NAN),
        lambda: list(pk.validate_all([], timeout=INF)),
        lambda: list(pk.validate_all([], workers=-1)),
        partial(pk.problems_from_package, "textwrap", workers=0),
        partial(pk.evaluate, None, None, [], temperature=NAN),
        partial(pk.evaluate, None, None, [], samples=0),
        partial(pk.evaluate, None, None, [], batch_size=-1),
        partial(pk.evaluate, None, None, [], k=(0,)),
        partial(pk.evaluate_whole, None, None, [], max_new_tokens=0),
        partial(pk.evaluate_whole, None, None, [], timeout=-1),
        partial(pk.score_samples, "nowhere", [], k=(NAN,)),
        partial(pk.rescore, "nowhere", workers=1.5),
        partial(complete, None, None, [], temperature=-0.1),
        partial(complete_by_server, None, [], samples=0),
        partial(pk.Client, "m", "http://localhost/v1", timeout=INF),
        partial(pk.Client, "m", "http://localhost/v1", budget_tokens=-1),
        partial(pk.Client, "m", "http://localhost/v1", price=(-1.0, 2.0)),
        partial(pk.Client, "m", "http://localhost/v1", parameters={"temperature": INF}),
        partial(pk.Client, "m", "http://localhost/v1", parameters={"top_p": 0}),
        lambda: list(pk.llm_generate([], None, turns=NAN)),
    ],
)  # fmt: skip
def test_python_refuses_them(call):
    with pytest.raises(ValueError, match=" must be a .*number "):
        call()


@pytest.mark.parametrize(
    "command",
    [
        "validate IN --problems kit -o OUT --timeout 0",
        "validate IN --problems kit -o OUT --timeout inf",
        "validate IN --problems kit -o OUT --memory -5",
        "validate IN --problems kit -o OUT --workers 0",
        "validate --repo IN --test-command x --suite-timeout nan",
        "perturb kit -o OUT --workers -2",
        "perturb kit -o OUT --generator openai:m --turns -1",
        "perturb kit -o OUT --generator openai:m --concurrency 0",
        "perturb kit -o OUT --generator openai:m --timeout nan",
        "perturb kit -o OUT --generator openai:m --budget-usd -1 --price 1 2",
        "perturb kit -o OUT --generator openai:m --price inf 2",
        "counts --problems kit --workers 100000000",
        "evaluate --whole --problems kit --batch-size -1",
        "evaluate --whole --problems kit --batch-size 0",
        "evaluate --whole --problems kit --samples 0",
        "evaluate --whole --problems kit --temperature nan",
        "evaluate --whole --problems kit --temperature -1",
        "evaluate --whole --problems kit --max-new-tokens 0",
        "evaluate --whole --problems kit --limit 0",
        "evaluate --whole --problems kit --timeout 0",
        "evaluate --whole --problems kit --k 0,1",
    ],
)
def test_the_command_line_refuses_them_before_it_reads_a_file(command, tmp_path, capsys):
    out = tmp_path / "out"
    words = [str(out) if word == "OUT" else str(Path("nowhere")) if word == "IN" else word for word in command.split()]
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"procure {words[0]}: --") and " must be a " in said and len(said.splitlines()) == 1
    assert not out.exists()
