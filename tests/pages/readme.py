"""The README's own figures: what was found, in one paragraph, and how long each notebook takes."""

import re
from textwrap import fill

from tests.pages.experiments import pretrained
from tests.pages.files import percent, read, text
from tests.pages.rewriting import changes

FINDINGS = """\
**Rewriting keeps what programs do.** Of {sites} places in HumanEval's {problems} reference programs the rules rewrite
{rewritten} and refuse the others, each with a reason; {valid} are valid, and the {weak} left over have tests too weak
to tell. No rewrite that claims to hold for any input changed what a program does, neither under the test suites of
{suites} packages by others and of {modules} modules of Python's standard library, nor in {safe:,} rewrites of single
programs, run before and after on the same inputs; of {tested:,} that claim less, {changed} did. **A small model goes
by habit.** On problems held out from its training, the kit's own completes {original} % of the programs as they were,
{counter} % of the rewritten ones, and {flipped} % of those whose branches changed places. **Whether the paper's
training mends that is being measured**, by a plan that was written before its runs. They are on their way: after
{million:g} million tokens of tuning, {share} of what the model had learnt from, with {seeds}, seeing such pairs beside
originals changes the score on rewritten programs by {composition} points on new compositions and by {family} on new
families, against as much tuning on originals alone, and that on functions written from scratch by {whole} (95 %
intervals over families of problems; another seed may differ). What the paper's loss adds is not known yet: an earlier
grid tuned on too little to tell. A language
model of 135 million parameters, asked to do the rewriting, gave {llm_valid} valid programs in {llm} attempts; tuned on
the rules' rewritings of other programs, to answer by edits and with new names handed over, {by_concept}.
"""


def findings() -> str:
    """The paragraph, every figure of it from a results file.

    Raises: ValueError when the files no longer say what its words do.
    """
    concepts = list(read("humaneval_counts")["concepts"].values())
    weak = [row["status"] for concept in concepts for row in concept["not_valid"]]
    library, packages = (
        [row for row in read(name)["rows"] if row["soundness"] == "syntactic"]
        for name in ("standard_library", "packages")
    )
    safe, broken = counted("syntactic")
    tested, changed = counted("tested")
    if set(weak) - {"tests_too_weak"}:
        raise ValueError("humaneval_counts.json: the paragraph knows one reason for rewrites that are not valid")
    if broken or any(row["behaviour_changes"] for row in library + packages):
        raise ValueError("a syntactic rewrite changed a program, and the paragraph says that none did")
    tuned = {split: curve("plain − originals", split) for split in ("composition", "family")}
    seeds, million = int(tuned["family"]["seeds"]), float(tuned["family"]["million tokens"])
    if seeds > 2:
        raise ValueError("curves_tiny.md: there is enough for an answer, and the paragraph says that there is none")
    scores = read("tiny_scores")["composition"]
    models = [line for line in read("generators")["lines"] if line["generator"].startswith("openai:")]
    edits = read("generators")["edits"]
    said = FINDINGS.format(
        problems=read("humaneval_counts")["problems"],
        sites=sum(concept["sites"] for concept in concepts),
        rewritten=sum(concept["rewritten"] for concept in concepts),
        valid=sum(concept["valid"] for concept in concepts),
        weak=len(weak),
        suites=len(packages),
        modules=re.match(r"\d+", library[0]["suite"])[0],
        safe=safe,
        tested=tested,
        changed=changed,
        original=round(100 * scores["all"]["original"][0]),
        counter=round(100 * scores["all"]["counterfactual"][0]),
        flipped=round(100 * scores["if_else_flip"]["counterfactual"][0]),
        million=million,
        share=percent(1e6 * million / pretrained()),
        seeds="one seed" if seeds == 1 else f"{seeds} seeds",
        **{split: cells["counterfactual"].partition(" p ")[0] for split, cells in tuned.items()},
        whole=tuned["composition"]["whole"].partition(" p ")[0],
        llm=sum(line["attempts"] for line in models),
        llm_valid=sum(line["valid"] for line in models),
        by_concept=", ".join(f"{line['valid']} in {line['attempts']} ({line['concept']})" for line in edits),
    )
    return fill(said.replace(" %", "~%"), 120, break_long_words=False, break_on_hyphens=False).replace("~%", " %")


def counted(soundness: str) -> list[int]:
    """How many rewrites ran before and after on the same inputs, and how many of them changed something."""
    return [sum(n) for n in zip(*(changes(part, soundness) for part in read("behaviour").values()), strict=True)]


def curve(arms: str, split: str) -> dict[str, str]:
    """A line of the planned comparisons."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text("curves_tiny").splitlines()]
    head = next(cells for cells in lines if cells[:2] == ["after − before", "split"])
    return dict(zip(head, next(cells for cells in lines if cells[:2] == [arms, split]), strict=True))


def with_times(readme: str) -> str:
    """The table of notebooks with the measured times."""
    for entry in read("notebooks_cpu"):
        row = rf"(?m)^(\| \[{entry['notebook']}\].* \| )[^|]*( \|)$"
        readme = re.sub(row, rf"\g<1>{entry['seconds']:.0f} s\g<2>", readme)
    return readme
