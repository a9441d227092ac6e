"""`llm_generate` by edits: asked of a server in this process, judged and repaired as whole programs are."""

import json

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import GENERATOR, SETTINGS
from procure_kit.generation.llm.form import EDITS
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.problems.problem import Problem
from tests.generation.llm.chat_server import FLIPPED, PROBLEM, SOURCE, TEST

RIGHT = "2: if n >= 0:\n5\n4\n3"


class Scripted:
    """Answers in turn, in place of a server."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def post(self, body):
        self.asked.append(body["messages"])
        message = {"content": self.answers.pop(0)}
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})


def generated(server, problem=PROBLEM, **options):
    client = Client(GENERATOR, parameters=SETTINGS, server=server)
    (row,) = llm_generate([problem], client, ["if_else_flip"], form=EDITS, **options)
    return row


def test_edits_are_judged_without_key_and_network(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server = Scripted(RIGHT)
    row = generated(server)
    assert (row["status"], row["generator"], row["counterfactual"]) == ("valid", "smollm2:edits", FLIPPED)
    assert server.asked == [[{"role": "user", "content": f"if_else_flip\n{shown()}\n=>\n"}]]


def shown():
    lines = SOURCE.splitlines()[1:]
    return "\n".join(f"{number} {line[4:]}" for number, line in enumerate(lines, start=2))


def test_each_kind_of_failure_is_told_and_repaired():
    server = Scripted("No.", "2\n3", "2: if n > 0:\n5\n4\n3", RIGHT)
    row = generated(server)
    assert [said.split(":")[0] for said in row["verdicts"]] == ["unparsable", "no_change", "not_this_concept", "valid"]
    assert (row["status"], row["turns"], row["tokens"]) == ("valid", 4, 60)
    told = [message["content"] for message in server.asked[-1] if message["role"] == "user"][1:]
    assert told == row["verdicts"][:3] and "is no edit" in told[0]


def test_turns_are_limited():
    row = generated(Scripted("3", "3", "3"), turns=2)
    assert (row["status"], row["turns"]) == ("no_change", 3)


def test_a_site_that_cannot_be_shown_costs_nothing():
    body = "".join(f"        x = {n}\n" for n in range(50))
    long = Problem(
        "long",
        f"def f(n):\n    if n < 0:\n{body}        return 'minus'\n    else:\n        return 'plus'\n",
        "",
        TEST,
        "f",
    )
    row = generated(Scripted(), long)
    assert (row["status"], row["turns"]) == ("unparsable", 0) and "at most 40 are shown" in row["detail"]
