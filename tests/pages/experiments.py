"""Of the results' page: models that are tuned in several ways."""

import re

from procure_kit.experiments.curves.arms import SETS
from procure_kit.shipped import RESULTS
from tests.pages.files import folded, made, text

FIRST = SETS["first"]


def pretrained() -> int:
    """How many tokens `tiny` was trained on before."""
    return int((RESULTS.parent / "tiny" / "log.csv").read_text().split()[-1].split(",")[1])


WRITTEN = """\
What the tuned SmolLM2 made of programs of the world, asked once about each at the rules' site, without repairs. `plain
given model` is tuned on its valid answers, `plain given rules` on the rules' rewritings of the same sites. Where names
are made up, they are drawn apart for the two, and no text is the same."""


CONTROLS = """\
Models of `tiny`'s shape, trained from nothing for as long, with nothing changed but what they read, one seed each:
authors without habits (`neutral`), or 10 and 30 % of the programs rewritten by a concept. They show that the scores can
move, and about how far. As many tokens teach `neutral` less of everything: its world is harder to guess."""


LEFT_OUT = """\
What tuning on the other four gives a concept that it never shows, one seed each. Nothing that shows: against originals
alone no interval lies above zero, and on compositions those of `variable_name_shuffle` and `independent_swap` lie
below. Against all five, the same two lose: what `plain` gains on these comes from having shown them. The intervals of
the others leave room for gains of some points on compositions, and of more on families."""


def curves() -> list[str]:
    """The planned comparisons, and the rest folded."""
    run = "OMP_NUM_THREADS=1 python -m procure_kit.experiments.curves.runs"
    parts = dict(part.split("\n\n", 1) for part in text("curves_tiny").removeprefix("### ").split("\n### "))
    pictures = (
        "![What pairs change against originals alone, at each point](../pictures/curves.png)",
        "![What each loss changes against the plain one](../pictures/losses.png)",
    )
    shown = [*pictures, parts.pop("Runs at hand"), parts.pop("Planned comparisons")]
    made_by = made(f"{run} --arms eight --seeds 5 --workers 2", f"{run} --arms others --seeds 3 --workers 2",
                   "python -m procure_kit.experiments.curves.report data/results/curves_tiny.jsonl")  # fmt: skip
    ask = made("python -m procure_kit.experiments.curves.written", f"{run} --arms writers --seeds 3 --until 300000")
    (title,) = (title for title in parts if title.startswith("Counterfactuals by a language model"))
    parts[title] = f"{WRITTEN}\n\n{ask}\n\n{text('written')}\n\n{parts[title]}"
    (title,) = (title for title in parts if title.startswith("Other weights"))
    ask = made(f"{run} --arms weights mode --seeds 3 --until 1000000 --workers 2")
    picture = "![What each weight of a term changes against the plain loss](../pictures/weights.png)"
    parts[title] = f"{ask}\n\n{picture}\n\n{parts[title]}"
    (title,) = (title for title in parts if title.startswith("A concept left out"))
    ask = made(f"{run} --arms 'left out' --seeds 3 --until 1000000 --workers 2")
    parts[title] = f"{found_of_left_out(parts[title])}\n\n{ask}\n\n{parts[title]}"
    anew = "python -m procure_kit.training.pretraining --out runs/curves/control"
    habits = "--condition-first 0 --fixed-order 0 --keep-name 0 --role-names 0"
    diets = f"_neutral {habits}", "_rewritten_10 --rewritten 0.1", "_rewritten_30 --rewritten 0.3"
    ask = made(*(anew + diet for diet in diets), f"{run} --seeds 0")
    parts["Controls"] = f"{CONTROLS}\n\n{ask}\n\n{parts['Controls']}"
    return [made_by, *shown, *(folded(title, body) for title, body in parts.items())]


def found_of_left_out(table: str) -> str:
    """Raises: ValueError when the table no longer says what its words do."""
    against = {before: [line for line in table.splitlines() if f"− {before} |" in line] for before in FIRST}
    gain = [line for line in against["originals"] if re.search(r"\(\+", line)]
    lost = {before: {line.split("`")[1] for line in against[before] if re.search(r"to -", line)} for before in FIRST}
    seeds = {line.split("|")[5].strip() for lines in against.values() for line in lines}
    losers = {"variable_name_shuffle", "independent_swap"}
    if seeds != {"1"} or gain or any(concepts != losers for concepts in lost.values()):
        raise ValueError("curves_tiny.md: concepts left out do something else by now than the page says")
    return LEFT_OUT


def smollm2() -> list[str]:
    """How the rows and the runs are made, and of their page what was planned."""
    sets = ("codeio", "cruxeval")
    lines = [f"procure perturb {name} --concepts paper -o {name}.jsonl" for name in sets]
    command = made(*lines, f"python -m procure_kit.experiments.smollm2 --rows {' '.join(f'{n}.jsonl' for n in sets)}")
    planned = text("smollm2").partition("## Found, not planned")[0]
    body = planned[planned.index("## ") :].strip().replace("\n## ", "\n### ")
    return [command, f"#{body}", "All comparisons, by concept too: [smollm2.md](smollm2.md)."]
