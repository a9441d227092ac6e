"""What the tuned SmolLM2 writes for the world's programs, as training data: the arms of SETS["writers"].

    python -m procure_kit.experiments.curves.written      # runs/curves/written.jsonl, .md; a killed one goes on

Each row is a model's answer where the rules have one: the same program, concept, site and seed, no repair turns. The
arms learn from the valid ones, each paired with its original: `plain given model` as the model wrote them, `plain given
rules` as the rules write the same. So these two differ in nothing but the writer; from `plain` both differ in what the
model cannot rewrite, and in that the pairs of a longer run come again.
"""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from procure_kit.concepts.perturbation import find_sites
from procure_kit.concepts.table import PAPER_CONCEPTS
from procure_kit.errors import one_sentence
from procure_kit.experiments.curves.arms import Arm
from procure_kit.experiments.curves.given import PROGRAMS, WRITTEN, by_rules
from procure_kit.experiments.curves.stream import pairs
from procure_kit.generation.llm.edits import SETTINGS
from procure_kit.generation.llm.form import EDITS
from procure_kit.generation.llm.generation import llm_generate
from procure_kit.problems import markdown
from procure_kit.problems.counterfactual import VALID, Counterfactual
from procure_kit.problems.problem import Problem
from procure_kit.problems.rows import append_row, read_rows

COUNT = 2_000
AT_ONCE = 64  # questions: of like lengths they are answered faster
Pair = tuple[Counterfactual, Problem]


def write(asked: Iterator[Pair], client, out: Path) -> None:
    """Append a row for each pair of the rules that has none yet: the model's answer at its site."""
    done = {row["task_id"] for row in read_rows(out, required=("task_id",))} if out.exists() else set()
    todo = (pair for pair in asked if pair[0].task_id not in done)
    with tqdm(desc="written", unit="row") as bar:
        while some := list(islice(todo, AT_ONCE)):
            client.server.answer_all(questions(cf for cf, _ in some), SETTINGS["max_tokens"])
            for cf, problem in some:
                options = {"turns": 0, "concurrency": 1, "form": EDITS}
                for row in llm_generate([problem], client, [cf.concept], cf.mode, cf.seed, **options):
                    append_row(out, row)
                bar.update()


def questions(asked: Iterable[Counterfactual]) -> Iterator[str]:
    """What the model will read, so that many are answered together; none for a site that is more than can be shown."""
    for cf in asked:
        site = next(site for site in find_sites(cf.original, [cf.concept], cf.mode) if site.index == cf.site)
        with suppress(ValueError):
            yield EDITS.ask(cf.original, site, cf.seed)


def table(rows: Iterable[dict]) -> str:
    """By concept: programs asked about, valid answers, and how many of those are the rules' own text."""
    found = {concept: [0, 0, 0] for concept in PAPER_CONCEPTS}
    for row in rows:
        cf, valid = Counterfactual.from_row(row), row["status"] in VALID
        same = valid and by_rules(cf).counterfactual == cf.counterfactual
        found[cf.concept] = [a + b for a, b in zip(found[cf.concept], (1, valid, same), strict=True)]
    head = ["concept", "programs", "valid at once", "as the rules write it"]
    return markdown.table(head, ([f"`{concept}`", *of] for concept, of in found.items()), right=head[1:])


def main(argv: list[str] | None = None) -> None:
    from procure_kit.training.rewriter.serving import rewriter_client

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT, help="programs that are asked about")
    parser.add_argument("--out", type=Path, default=WRITTEN)
    args = parser.parse_args(argv)
    with one_sentence(parser):
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write(islice(pairs(PROGRAMS, Arm()), args.count), rewriter_client(), args.out)
        text = table(read_rows(args.out))
        args.out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
