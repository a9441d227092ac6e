"""How long one waits for the explorer: for its first picture, and for the answer to a change of the code.

    python -m tests.benchmarks.explorer_speed        # half a minute; an idle machine

First picture: a new process, from the call of `pk.explorer()` to a pair on show, with and without the import of the
kit. Answers: the code of a function changed a character at a time, as by typing; each answer is sites, pair, verdict.
Beside it ipywidgets' own `interactive` around the same rewriting without a verdict, in the same process.
"""

import json
import os
import statistics
import subprocess
import sys
import time

from procure_kit.shipped import RESULTS

FIRST = """
import time
start = time.perf_counter()
import procure_kit as pk
pk.explorer
imported = time.perf_counter()
box = pk.explorer()
assert box.shown[0].value, box.said.value
print(imported - start, time.perf_counter() - imported)
"""
CODE = (
    "def f(xs: list, most: int):\n    total = 0\n    for x in xs:\n        if len(xs) > {}:\n            total += x\n"
)
CODE += "        else:\n            total -= x\n    return total\n"
TESTS = "f([1, 2], 1) == 3\nf([1], 1) == -1"


def first_picture(rounds: int) -> tuple[float, float]:
    """Seconds of the import and of the explorer, medians over new processes."""
    found = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
        found.append([float(part) for part in done.stdout.split()])
    return statistics.median(a for a, _ in found), statistics.median(b for _, b in found)


def answers(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each answer to a change of the code: the explorer's, and those of the peer."""
    import ipywidgets as widgets

    import procure_kit as pk
    from procure_kit.views.code_html import show_pair

    box = pk.explorer(kept="runs/never_written.jsonl")
    box.problem.value, box.examples.value = "my own code", TESTS
    peer = widgets.interactive(
        lambda code: show_pair(pk.perturb(code, "if_else_flip"))._repr_html_(), code=widgets.Textarea(CODE.format(0))
    )
    kit, other = [], []
    for number in range(rounds):
        for change, times in ((box.code, kit), (peer.children[0], other)):
            code = CODE.format(1) + f"# {number} {id(times)}\n"  # a text that nobody has analysed before
            start = time.perf_counter()
            change.value = code
            times.append(time.perf_counter() - start)
        assert "\nvalid: " in box.said.value, box.said.value
    return kit, other


def main() -> None:
    imported, opened = first_picture(5)
    kit, peer = answers(30)
    report = {
        "command": "python -m tests.benchmarks.explorer_speed",
        "machine": f"{os.cpu_count()} CPU cores, no GPU, load {os.getloadavg()[0]:.1f} when it ended",
        "import_seconds": round(imported, 3),
        "first_picture_seconds": round(opened, 3),
        "answer_seconds": {"median": round(statistics.median(kit), 3), "slowest": round(max(kit), 3)},
        "peer": "ipywidgets.interactive around pk.perturb and show_pair, without a verdict",
        "peer_answer_seconds": {"median": round(statistics.median(peer), 3), "slowest": round(max(peer), 3)},
        "answer_by_peer": round(statistics.median(a / b for a, b in zip(kit, peer, strict=True)), 1),
    }
    (RESULTS / "explorer_speed.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
