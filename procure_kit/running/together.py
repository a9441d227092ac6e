"""Tests and program in one process, the candidate's: what comes of it could be forged, and so it only ever refuses.

For an honest program this is the verdict. Where the tests may have seen the boundary (`doubt`), both are asked: what
fails here has failed; what passes here and not apart is `needs_own_process`, because a program in one process with its
tests can make them pass. Only who asks for it (`own_process`) believes that it did not: "passed_in_own_process".
"""

from procure_kit.running.crossing.handles import STAYS
from procure_kit.running.explanation import TESTS, explain

PASSED = "passed_in_own_process"


def run(job: dict, names: dict) -> dict:
    """Run the tests of {"setup", "tests", "check", "entry_point"} with the program's own names."""
    function = names[job["entry_point"]]
    try:
        exec(compile(job["setup"], "<setup>", "exec", dont_inherit=True), names)
        exec(compile(job["tests"], TESTS, "exec", dont_inherit=True), names)
        if job["check"]:
            names["check"](function)
    except BaseException as error:
        return {"status": "tests_fail", "detail": explain(error, job["tests"], "", "")}
    return {"status": "passed", "detail": ""}


def agreed(apart: dict, here: dict, asked: bool) -> dict:
    """The verdict out of both. asked: a pass in one process counts."""
    longer = {name: max(apart[name], here[name]) for name in ("seconds", "cpu")}
    if here.get("broken"):
        return here
    if here["status"] != PASSED:
        # Apart, what is done with an object of the other side fails for reasons that in one process there are none of.
        if apart["status"] == here["status"] and STAYS not in apart["doubt"]:
            return apart | longer
        return here | longer | {"detail": f"in one process with the tests: {here['detail']}"}
    if apart["status"] in ("passed", "never_called"):
        return apart | longer
    if asked:
        return here | longer | {"detail": apart["doubt"]}
    return apart | longer | {"status": "needs_own_process", "detail": unsure(apart)}


def unsure(apart: dict) -> str:
    return f"{apart['doubt']}; apart from the program the tests end with {apart['status']}: {apart['detail']}"
