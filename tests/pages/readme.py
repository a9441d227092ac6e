"""The README's own figures: what was found, in one paragraph, and how long each notebook takes."""

import re
from statistics import fmean
from textwrap import fill

from procure_kit.evaluation.measures import measures
from procure_kit.experiments.results import METRICS, load_runs
from procure_kit.experiments.smollm2.results import PLANNED, compared, datasets, interval, measured_rows, told
from procure_kit.shipped import RESULTS
from tests.pages.experiments import pretrained
from tests.pages.files import percent, read, text
from tests.pages.rewriting import changes

SPLITS = "composition", "family"
TOLD = ("plain", "originals"), ("both", "plain")
MASK, ATTENTION = ("mask", "plain"), ("both", "mask")  # what each term of the loss does in SmolLM2
FINDINGS = """\
**Rewriting keeps what programs do.** Of {sites} places in HumanEval's {problems} reference programs the rules rewrite
{rewritten} and refuse the others, each with a reason; {valid} are valid, and the {weak} left over have tests too weak
to tell. No rewrite that claims to hold for any input changed what a program does, neither under the test suites of
{suites} packages by others and of {modules} modules of Python's standard library, nor in {safe:,} rewrites of single
programs, run before and after on the same inputs; of {tested:,} that claim less, {changed} did. **A small model goes
by habit.** On problems held out from its training, the kit's own completes {original} % of the programs as they were,
{counter} % of the rewritten ones, and {flipped} % of those whose branches changed places. **Training on rewritten
pairs mends part of that, at a price.** By a plan that was written before its runs: after {million:g} million tokens of
tuning, {share} of what the model had learnt from, and with {seeds} seeds, seeing such pairs beside originals changes
the score on rewritten programs by {counterfactual[0]} points on new compositions and by {counterfactual[1]} on new
families, against as much tuning on originals alone; that on the originals by {originals[0]} and {originals[1]}, that on
functions written from scratch by {whole[0]} and {whole[1]} (95 % intervals over families of problems and seeds). So the
gain is plain on compositions, and so is the loss from scratch; on families neither is. **The paper's loss adds nothing
to such pairs that shows**: with {both_seeds} seeds its two terms together, λ = 0.1 as in the paper, change the score on
rewritten programs by {both[0]} and {both[1]}, that on the originals by {both_originals[0]} and {both_originals[1]}, and
that on functions written from scratch by {both_whole[0]} and {both_whole[1]}. That leaves room for a gain of at most
{most} points on compositions, and for nearly anything on families. **In a real model it shows in likelihoods, and not
in verdicts.** SmolLM2, of 135 million parameters, was tuned by QLoRA on {pairs:,} programs by others, with two seeds an
arm, and scored on HumanEval (intervals over problems and seeds). A counterfactual beside each program, in place of
another original, changes the score on rewritten programs by {verdict} points, that on the originals by
{original_verdict}, and what untouched tokens behind a change cost more than in the original by {behind} nats. The uses
of a changed name cost {excess} nats more, which changes by {uses}: for the better in both runs, and two do not settle
it. The paper's loss changes that by a further {loss_uses}, for the better, the untouched tokens by {loss_behind}, for
the worse, and the score on rewritten programs by {loss_verdict}. Its masked-token term alone does as much to both,
{mask_uses} and {mask_behind}, and changes the score on rewritten programs by {mask_verdict}: off zero by a hair, as
one interval in twenty is by chance, and {intervals} were planned. What the attention term adds to that term changes
neither loss by anything that shows, {attention_uses} and {attention_behind}. The same model, asked to do the rewriting,
gave {llm_valid} valid programs in {llm} attempts; tuned on the rules' rewritings of other programs, to answer by edits
and with new names handed over, {by_concept}.
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
    tuned, both = ([curve(f"{arm} − {before}", split) for split in SPLITS] for arm, before in TOLD)
    seeds, million = int(tuned[0]["seeds"]), float(tuned[0]["million tokens"])
    clear = [[" p " in cells[metric] for metric in ("counterfactual", "whole")] for cells in tuned]
    if seeds < 3 or clear != [[True, True], [False, False]]:
        raise ValueError("curves_tiny.md: pairs do something else by now than the paragraph says")
    added, most = without_p(both, "counterfactual"), re.search(r"to \+([\d.]+)\)", both[0]["counterfactual"])
    if int(both[0]["seeds"]) < 3 or added != [cells["counterfactual"] for cells in both] or not most:
        raise ValueError(
            "curves_tiny.md: the paper's loss does something by now, and the paragraph says that it does not"
        )
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
        seeds=seeds,
        originals=without_p(tuned, "original"),
        **{metric: without_p(tuned, metric) for metric in ("counterfactual", "whole")},
        both=added,
        both_originals=without_p(both, "original"),
        both_whole=without_p(both, "whole"),
        both_seeds=both[0]["seeds"],
        most=most[1],
        **transfer(),
        llm=sum(line["attempts"] for line in models),
        llm_valid=sum(line["valid"] for line in models),
        by_concept=", ".join(f"{line['valid']} in {line['attempts']} ({line['concept']})" for line in edits),
    )
    return fill(said.replace(" %", "~%"), 120, break_long_words=False, break_on_hyphens=False).replace("~%", " %")


def transfer() -> dict:
    """What the runs of SmolLM2 say on HumanEval. Raises: ValueError when they no longer say what the words do."""
    runs = load_runs(RESULTS / "smollm2.jsonl")
    seeds = set.intersection(*(set(runs[arm]) for arm in ("originals", "plain", "both", "mask")))
    data, loss, mask, attention = (compared(runs, *pair, "HumanEval/") for pair in (*TOLD, MASK, ATTENTION))
    alone = [{arm: {seed: runs[arm][seed]} for arm in TOLD[0]} for seed in seeds]
    uses = [compared(run, *TOLD[0], "HumanEval/")["uses_excess"][0] for run in alone]
    sure = data["behind_excess"][2] < 0 < loss["behind_excess"][1] and loss["uses_excess"][2] < 0 and max(uses) < 0
    sure = sure and mask["uses_excess"][2] < 0 < mask["behind_excess"][1]
    sure = sure and -0.001 < mask["pass@1 counterfactual"][2] < 0
    unsure = (
        data["uses_excess"],
        mask["pass@1 original"],
        *(part[score] for part in (data, loss) for score in METRICS[:2]),
    )
    unsure += attention["uses_excess"], attention["behind_excess"]
    if len(seeds) != 2 or not sure or not all(low <= 0 <= high for _, low, high in unsure):
        raise ValueError("smollm2.jsonl: the runs say something else by now than the paragraph does")
    rows = [row for seed, row in runs["originals"].items() if seed in seeds]
    excess = fmean(measures(measured_rows(row, "HumanEval/"))["uses_excess"][0] for row in rows)
    said = {
        "verdict": (data, "pass@1 counterfactual"),
        "original_verdict": (data, "pass@1 original"),
        "behind": (data, "behind_excess"),
        "uses": (data, "uses_excess"),
        "loss_uses": (loss, "uses_excess"),
        "loss_behind": (loss, "behind_excess"),
        "loss_verdict": (loss, "pass@1 counterfactual"),
        "mask_verdict": (mask, "pass@1 counterfactual"),
        "mask_uses": (mask, "uses_excess"),
        "mask_behind": (mask, "behind_excess"),
        "attention_uses": (attention, "uses_excess"),
        "attention_behind": (attention, "behind_excess"),
    }
    shown = {name: interval(measure, part[measure]) for name, (part, measure) in said.items()}
    intervals, _ = told(runs, datasets(runs), PLANNED)
    return {"pairs": rows[0]["recipe"]["pairs"], "excess": f"{excess:.2f}", "intervals": intervals} | shown


def counted(soundness: str) -> list[int]:
    """How many rewrites ran before and after on the same inputs, and how many of them changed something."""
    return [sum(n) for n in zip(*(changes(part, soundness) for part in read("behaviour").values()), strict=True)]


def without_p(lines: list[dict[str, str]], metric: str) -> list[str]:
    return [cells[metric].partition(" p ")[0] for cells in lines]


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
