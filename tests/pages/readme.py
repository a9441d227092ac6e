"""The README's own figures: what was found, in one paragraph, and how long each notebook takes."""

import re

from tests.pages.results import changes, pretrained, read, text, tokens

FINDINGS = """\
**Rewriting keeps what programs do.** Of {sites} places in HumanEval's {problems} reference programs the rules rewrite
{rewritten} and refuse the others, each with a reason; {valid} are valid, and the {weak} left over have tests too weak to
tell. No rewrite that claims to hold for any input changed what a program does, neither under the test suites of {suites}
other people's packages and {modules} modules of Python's standard library, nor in {safe:,} programs run before and after
on the same inputs; of {tested:,} that claim less, {changed} did. **A small model goes by habit.** On problems held out
from its training, the kit's own completes {original} % of the originals, {counter} % of their counterfactuals, and
{flipped} % of those with flipped branches. **Whether the paper's training mends that is open.** After tuning on
{share_short} or {share_long} of what the model had been trained on, nothing moved: on counterfactuals the data gained
{data}, the loss {loss} points (95 % intervals). That is too little tuning to tell; longer runs and larger models are
still to be done. A language model of 135 million parameters, asked to write the counterfactuals, gave {llm_valid} valid
ones in {llm} attempts.
"""


def findings() -> str:
    """The paragraph, every figure of it from a results file."""
    concepts = list(read("humaneval_counts")["concepts"].values())
    weak = [row["status"] for concept in concepts for row in concept["not_valid"]]
    assert set(weak) <= {"tests_too_weak"}, "the paragraph gives one reason for all that are not valid"
    library, packages = (
        [row for row in read(name)["rows"] if row["soundness"] == "syntactic"]
        for name in ("standard_library", "packages")
    )
    assert not any(row["behaviour_changes"] for row in library + packages), "the paragraph says that there is none"
    sums = {
        kind: [sum(n) for n in zip(*(changes(p, kind) for p in read("behaviour").values()), strict=True)]
        for kind in ("syntactic", "tested")
    }
    assert sums["syntactic"][1] == 0, "the paragraph says that there is none"
    scores = read("tiny_scores")["composition"]
    models = [line for line in read("generators")["lines"] if line["generator"] != "rules"]
    return FINDINGS.format(
        problems=read("humaneval_counts")["problems"],
        sites=sum(concept["sites"] for concept in concepts),
        rewritten=sum(concept["rewritten"] for concept in concepts),
        valid=sum(concept["valid"] for concept in concepts),
        weak=len(weak),
        suites=len(packages),
        modules=re.match(r"\d+", library[0]["suite"])[0],
        safe=sums["syntactic"][0],
        tested=sums["tested"][0],
        changed=sums["tested"][1],
        original=round(100 * scores["all"]["original"][0]),
        counter=round(100 * scores["all"]["counterfactual"][0]),
        flipped=round(100 * scores["if_else_flip"]["counterfactual"][0]),
        share_short=f"{tokens('experiments_tiny') / pretrained():.1%}".replace("%", " %"),
        share_long=f"{tokens('experiments_tiny_400') / pretrained():.1%}".replace("%", " %"),
        data=gain("plain − originals"),
        loss=gain("both − plain"),
        llm=sum(line["attempts"] for line in models),
        llm_valid=sum(line["valid"] for line in models),
    ).strip()


def gain(arms: str) -> str:
    """What the score on counterfactuals gained after 100 steps, with its interval, over all sets."""
    line = next(line for line in text("experiments_tiny").splitlines() if line.startswith(f"| {arms} | all |"))
    return line.split("|")[4].strip()


def with_times(readme: str) -> str:
    """The table of notebooks with the measured times."""
    for entry in read("notebooks_cpu"):
        row = rf"(?m)^(\| \[{entry['notebook']}\].* \| )[^|]*( \|)$"
        readme = re.sub(row, rf"\g<1>{entry['seconds']:.0f} s\g<2>", readme)
    return readme
