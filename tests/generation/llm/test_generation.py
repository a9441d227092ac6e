"""Rows by a language model: judged, repaired, in flight together, stopped in the middle."""

import asyncio
import threading
import time

import pytest

from procure_kit.concepts.perturbation import perturb as perturb_by_rules
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.problems.problem import Problem
from tests.generation.llm.chat_server import FLIPPED, HALF, SOURCE, TEST, client, ok, rows

pytestmark = pytest.mark.extras  # the package openai


def test_a_valid_reply_is_a_row(server):
    (row,) = rows(client(server))
    assert (row["status"], row["turns"], row["tokens"], row["generator"]) == ("valid", 1, 15, "openai:m")
    assert row["counterfactual"] == FLIPPED and row["changed"] and row["reasoning"] == "Negate it."


def test_a_failure_is_repaired_in_the_validators_words(server):
    server.script = [ok(SOURCE), ok(HALF), (200, {}, ok(content="No idea")[2]), ok()]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"], row["tokens"]) == ("valid", 4, 60)
    assert [said.split(":")[0] for said in row["verdicts"]] == ["no_change", "not_this_concept", "unparsable", "valid"]
    told = [message["content"] for message in server.asked[-1]["messages"] if message["role"] == "user"][1:]
    assert [text.split("failed. ")[1].split(":")[0] for text in told] == ["no_change", "not_this_concept", "unparsable"]


def test_all_turns_fail(server):
    server.script = [ok(SOURCE)]
    (row,) = rows(client(server), turns=2)
    assert (row["status"], row["turns"], len(server.asked)) == ("no_change", 3, 3)


def test_the_model_is_asked_about_the_site_that_the_rules_take(server):
    two = Problem("two", SOURCE + SOURCE.replace("def f", "def g"), "", TEST, "f")
    for seed in range(4):
        (row,) = llm_generate([two], client(server), ["if_else_flip"], turns=0, seed=seed)
        assert row["site"] == perturb_by_rules(two.program, "if_else_flip", seed=seed).site


def test_half_a_surrogate_pair_goes_out_and_comes_in(server):
    prints = FLIPPED.replace("'plus'", "'\\ud800'")
    server.script = [ok("x = '\ud800'\n"), ok(prints), ok()]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"]) == ("valid", 3), row


def test_reasoning_that_a_server_keeps_apart_is_kept(server):
    server.script = [ok(reasoning_content="Hm.")]
    assert rows(client(server))[0]["reasoning"] == "Hm.\n\nNegate it."


def test_no_more_in_flight_than_allowed(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(9)]
    three, inside, most = threading.Barrier(3), [], []

    def reply(body):
        inside.append(1)
        most.append(len(inside))
        three.wait(60)  # fewer at once would wait for ever
        inside.pop()
        return ok()

    server.script = [reply]
    assert len(list(llm_generate(problems, client(server, timeout=90), ["if_else_flip"], concurrency=3))) == 9
    assert max(most) == 3


def test_an_overflow_in_a_repair_tells_the_last_verdict(server):
    server.script = [ok(SOURCE), (400, {}, '{"error": {"message": "maximum context length"}}')]
    (row,) = rows(client(server))
    assert (row["status"], row["turns"]) == ("api_fault", 1)
    assert "maximum context length" in row["detail"] and "no_change" in row["detail"]


def test_no_site_and_no_program(server):
    plain = Problem("p", "def g(n):\n    return n\n", "", TEST, "g")
    broken = Problem("b", "def g(:\n", "", TEST, "g")
    made = list(llm_generate([plain, broken], client(server), ["if_else_flip"]))
    assert {row["task_id"]: row["status"] for row in made} == {"p": "not_applicable", "b": "unparsable"}
    assert not server.asked


def test_stopping_early_leaves_the_waiting_ones_unasked(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(40)]
    made = llm_generate(problems, client(server), ["if_else_flip"], concurrency=1)
    assert next(made)["status"] == "valid"
    made.close()
    assert len(server.asked) < 10


def test_stopping_early_cancels_the_request_in_flight(server):
    problems = [Problem(f"sign/{n}", f"# {n}\n" + SOURCE, "", TEST, "f") for n in range(2)]
    server.script = [ok(), (200, {"sleep": 40}, "{}")]
    made = llm_generate(problems, client(server, timeout=60), ["if_else_flip"], concurrency=2)
    assert next(made)["status"] == "valid"
    start = time.monotonic()
    made.close()
    assert time.monotonic() - start < 20


def test_it_works_where_a_loop_runs_already(server):
    async def cell():
        return rows(client(server))

    assert asyncio.run(cell())[0]["status"] == "valid"


UNFIT = {
    "original_fails": TEST.replace("'plus'", "'zero'"),
    "needs_own_process": "import gc\n" + TEST.replace("    assert", "    assert gc.get_objects() and", 1),
    "tests_too_weak": "def check(candidate):\n    candidate(1)\n",
}


@pytest.mark.parametrize("status", UNFIT)
def test_what_no_rewriting_mends_is_not_asked_about(server, status):
    problem = Problem("sign", SOURCE, "", UNFIT[status], "f")
    (row,) = llm_generate([problem], client(server), ["if_else_flip"])
    assert (row["status"], row["turns"], row["tokens"], row["verdicts"]) == (status, 0, 0, []) and row["detail"]
    assert not server.asked


def test_tests_that_never_see_the_change_end_the_turns(server):
    """Which broken versions the tests let pass shows only at the reply; another at the same place fares no better."""
    blind = Problem("sign", SOURCE, "", "def check(candidate):\n    assert candidate(-1) in ('minus', 'plus')\n", "f")
    (row,) = llm_generate([blind], client(server), ["if_else_flip"])
    assert (row["status"], row["turns"], len(server.asked)) == ("tests_too_weak", 1, 1)


def test_a_reply_cut_at_its_limit_says_what_to_raise(server):
    server.script = [(200, {}, ok(content="```python\ndef f(")[2].replace('"stop"', '"length"'))]
    (row,) = rows(client(server), turns=1)
    assert row["status"] == "unparsable" and "max_tokens in --parameters" in row["detail"]
    assert "max_tokens" not in server.asked[-1]["messages"][-1]["content"]


def test_numbers_that_are_too_small(server):
    with pytest.raises(ValueError, match="concurrency must be a whole number from 1 to 10,000, not 0"):
        rows(client(server), concurrency=0)
    with pytest.raises(ValueError, match="turns must be a whole number from 0 to 1,000, not -1"):
        rows(client(server), turns=-1)
    with pytest.raises(ValueError, match="timeout must be a number above 0 to 1,000,000, not 0"):
        client(server, timeout=0)
