"""The README's own figures: what was found, and how long each notebook takes."""

import re
from statistics import fmean
from textwrap import fill

from procure_kit.evaluation.measures import measures
from procure_kit.experiments.curves.arms import LOSSES
from procure_kit.experiments.smollm2.reports import METRICS, load_runs
from procure_kit.experiments.smollm2.results import PLANNED, compared, datasets, interval, measured_rows, told
from procure_kit.shipped import RESULTS
from tests.pages.experiments import pretrained
from tests.pages.files import percent, read, text
from tests.pages.rewriting import changes

SPLITS = "composition", "family"
HARMED = "original", "whole"
LONGER = 10  # million tokens, where the main arms went on to
TOLD = ("plain", "originals"), ("both", "plain")
MASK, ATTENTION = ("mask", "plain"), ("both", "mask")  # what each term of the loss does in SmolLM2
FINDINGS = """\
**Rewriting keeps what programs do.** Of {sites} places in HumanEval's {problems} reference programs the rules rewrite
{rewritten} and refuse the others, each with a reason; {valid} are valid, and the {weak} left over have tests too weak
to tell. No rewrite that claims to hold for any input changed what a program does, neither under the test suites of
{suites} packages by others and of {modules} modules of Python's standard library, nor in {safe:,} rewrites of single
programs, run before and after on the same inputs; of {tested:,} that claim less, {changed} did.

**A small model goes by habit.** On problems held out from its training, the kit's own completes {original} % of the
programs as they were, {counter} % of the rewritten ones, and {flipped} % of those whose branches changed places.

**Training on rewritten pairs mends part of that, at a price. The paper's loss adds nothing to it that shows.** By a
plan that was written before its runs, after {million:g} million tokens of tuning ({share} of what the model had learnt
from), with {seeds} seeds an arm; change of the score in points, with 95 % intervals over families of problems and
seeds:

| what differs | on new | rewritten programs | originals | functions from scratch |
| --- | --- | --- | --- | --- |
| pairs, not originals alone | compositions | {counterfactual[0]} | {originals[0]} | {whole[0]} |
| | families | {counterfactual[1]} | {originals[1]} | {whole[1]} |
| the same after {longer} million ({long_seeds}) | compositions | {long[0]} | {long_originals[0]} | {long_whole[0]} |
| | families | {long[1]} | {long_originals[1]} | {long_whole[1]} |
| the paper's loss (λ = 0.1) on such pairs | compositions | {both[0]} | {both_originals[0]} | {both_whole[0]} |
| | families | {both[1]} | {both_originals[1]} | {both_whole[1]} |

[The gain by pairs](data/pictures/curves.png) is plain on compositions, and so is the loss from scratch at {million:g}
million. Originals alone cost nothing that shows, and in {longer} million gain {itself[0]} and {itself[1]}
on rewritten programs over the untuned model; pre-training on 30 % rewritten ones {control[0]} and {control[1]} (one
model).
[The paper's loss](data/pictures/losses.png) may still gain up to {most[0]} points on compositions and
{most[1]} on families; its costs on compositions hold zero, corrected for {losses} losses. λ = 3
[harms](data/pictures/weights.png) compositions: {strong}; {strong_whole} from scratch (1 million, {strong_seeds}).

**In a real model it shows in likelihoods, and not in verdicts.** SmolLM2, of 135 million parameters, was tuned by QLoRA
on {pairs:,} programs by others, with two seeds an arm, and scored on HumanEval (intervals over problems and seeds).
There the uses of a changed name cost {excess} nats more than in the original. How that changes:

| what differs | rewritten programs, points | uses of a changed name, nats | untouched tokens behind a change, nats |
| --- | --- | --- | --- |
| pairs, not originals alone | {verdict} | {uses} | {behind} |
| the paper's loss on such pairs | {loss_verdict} | {loss_uses} | {loss_behind} |
| its masked-token term alone | {mask_verdict} | {mask_uses} | {mask_behind} |
| its attention term, added to that one | {attention_verdict} | {attention_uses} | {attention_behind} |

Less is better in nats. Pairs make changed names cheaper in both runs, and two do not settle it; they change the score
on originals by {original_verdict} points. The paper's loss makes changed names cheaper and untouched tokens dearer, its
masked-token term as much alone: its score on rewritten programs is off zero by a hair, as one interval in twenty is by
chance, and {intervals} were planned.

**A model that is tuned for it can do the rewriting.** SmolLM2 gave {llm_valid} valid programs in {llm} attempts; tuned
on the rules' rewritings of other programs, to answer by edits and with new names handed over, {by_concept}.
"""


def findings() -> str:
    """Paragraphs and tables, every figure of them from a results file.

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
    added, most = without_p(both, "counterfactual"), [end for cells in both for end in ends(cells, "counterfactual")]
    long = [curve("plain − originals", split, f"{LONGER:g}") for split in SPLITS]
    if any(high < 0 for split in SPLITS for high in ends(curve("originals − untuned", split, f"{million:g}"), *HARMED)):
        raise ValueError("curves_tiny.md: tuning on originals alone does harm, and the paragraph says that it does not")
    itself = [curve("originals − untuned", split, f"{LONGER}")["counterfactual"] for split in SPLITS]
    if not all(gain.split(" ")[1].startswith("(+") for gain in itself):
        raise ValueError(
            "curves_tiny.md: long tuning on originals gains nothing by itself, and the paragraph says it does"
        )
    control = [curve("control rewritten_30 − untuned", split)["counterfactual"] for split in SPLITS]
    if not re.search(r"\(\+", control[0]):
        raise ValueError("curves_tiny.md: the control gains nothing, and the paragraph takes it for what can be gained")
    strong = curve("both λ 3 − plain", SPLITS[0])
    if not all(re.search(r"to -", strong[metric]) for metric in ("counterfactual", "whole")):
        raise ValueError("curves_tiny.md: λ = 3 does something else by now than the paragraph says")
    hint = all(re.search(r"to -[\d.]+\)$", both[0][metric]) for metric in HARMED)
    held = added == [cells["counterfactual"] for cells in both] and min(most) > 0 and hint
    if int(both[0]["seeds"]) < 3 or not held:
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
        seeds=seeds if seeds == int(both[0]["seeds"]) else f"{both[0]['seeds']} to {seeds}",
        originals=without_p(tuned, "original"),
        **{metric: without_p(tuned, metric) for metric in ("counterfactual", "whole")},
        both=added,
        both_originals=without_p(both, "original"),
        both_whole=without_p(both, "whole"),
        most=most,
        longer=LONGER,
        long_seeds=seeds_of(long[0]),
        long=without_p(long, "counterfactual"),
        long_originals=without_p(long, "original"),
        itself=itself,
        control=control,
        strong=strong["counterfactual"],
        strong_whole=strong["whole"],
        strong_seeds=seeds_of(strong),
        long_whole=without_p(long, "whole"),
        losses=len(LOSSES),
        **transfer(),
        llm=sum(line["attempts"] for line in models),
        llm_valid=sum(line["valid"] for line in models),
        by_concept=", ".join(f"{line['valid']} in {line['attempts']} ({line['concept']})" for line in edits),
    )
    parts = said.strip().split("\n\n")
    return "\n\n".join(part if part.startswith("|") else filled(part) for part in parts)


def filled(text: str) -> str:
    """A paragraph in lines of 120 characters; a number keeps its per cent."""
    lines = fill(text.replace(" %", "~%"), 120, break_long_words=False, break_on_hyphens=False)
    return lines.replace("~%", " %")


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
        "attention_verdict": (attention, "pass@1 counterfactual"),
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


def curve(arms: str, split: str, million: str = "") -> dict[str, str]:
    """A line of the planned comparisons; after so many million tokens, of those on the way."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text("curves_tiny").splitlines()]
    head = next(cells for cells in lines if cells[:2] == ["after − before", "split"])
    asked = [arms, split, *([million] if million else [])]
    return dict(zip(head, next(cells for cells in lines if cells[: len(asked)] == asked), strict=True))


def seeds_of(cells: dict[str, str]) -> str:
    return "one seed" if cells["seeds"] == "1" else f"{cells['seeds']} seeds"


def ends(cells: dict[str, str], *metrics: str) -> list[float]:
    """The upper ends of the intervals."""
    return [float(re.search(r"to ([+-][\d.]+)\)", cells[metric])[1]) for metric in metrics]


def with_times(readme: str) -> str:
    """The table of notebooks with the measured times."""
    for entry in read("notebooks_cpu"):
        row = rf"(?m)^(\| \[{entry['notebook']}\].* \| )[^|]*( \|)$"
        readme = re.sub(row, rf"\g<1>{entry['seconds']:.0f} s\g<2>", readme)
    return readme
