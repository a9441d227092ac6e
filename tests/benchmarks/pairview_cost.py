"""What the pair view costs beside bertviz's `model_view` and CircuitsVis's `attention_heads`, all layers and heads.

    python -m tests.benchmarks.pairview_cost                    # SmolLM2, 30 layers of 9 heads, 64 to 1,024 tokens
    python -m tests.benchmarks.pairview_cost --model tiny       # the kit's own model, 6 layers of 8 heads

The kit shows both programs of a pair, in four views and aligned; a peer shows the attention map of one, the
counterfactual, for it knows no pairs. Seconds: from the loaded model to the HTML as a string. Of them, the kit's parts
are clocked as they run: the model's passes, merging to units, eight bits, and the page; a peer's pass is timed alone,
attention returned and dropped, and the rest is its page. `model` is that pass. Drawn: seconds from opening the
file in headless Chromium, network off, until the first picture stands. bertviz loads its scripts from a network, so
that it draws nothing here; what is timed of it is the page's load event.

Each is built in a process of its own and stopped after 60 seconds, at a page over 1 GB, or at 12 GB of memory; a page
has 30 seconds to be drawn. What fails at one length is not tried at longer ones. Tools take turns at each length,
`--rounds` times; the median counts. Prints a table, writes JSON and Markdown to data/results.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import procure_kit as pk
from procure_kit.shipped import RESULTS
from procure_kit.views.pair import merging
from tests.views.browsing import chromium

TOOLS = ("kit", "bertviz", "circuitsvis")
LENGTHS = (64, 128, 256, 512, 1024)
SECONDS, PAGE_BYTES, MEMORY_BYTES = 60, 10**9, 12 * 2**30
DRAWN_SECONDS = 30
FIRST_PICTURE = {"kit": "body[data-drawn] #maps canvas", "circuitsvis": "img, canvas"}


def program_of(tokenizer, tokens: int) -> str:
    """Functions of the kit's own problems, as many as fit, and comments up to the length."""
    text = ""
    for problem in pk.load_problems("world"):
        more = text + problem.program.rstrip() + "\n\n\n"
        if len(tokenizer(more)["input_ids"]) <= tokens and pk.find_sites(more, ["variable_name_random"]):
            text = more
    while len(tokenizer(text + "# end\n")["input_ids"]) <= tokens:
        text += "# end\n"
    return text


def build(tool: str, model, tokenizer, cf) -> str:
    """The page as a string."""
    attention, tokens = peer_input(model, tokenizer, cf.counterfactual)
    if tool == "bertviz":
        from bertviz import model_view

        return model_view(attention, tokens, html_action="return").data
    import torch
    from circuitsvis.attention import attention_heads

    return attention_heads(torch.cat([layer[0] for layer in attention]), tokens).local_src


def build_kit(model, tokenizer, cf) -> tuple[str, dict[str, float]]:
    """The page, and the seconds of its parts."""
    spent = {"merging": 0.0, "eight_bits": 0.0}

    def clocked(part: str, function):
        def run(*args):
            start = time.perf_counter()
            try:
                return function(*args)
            finally:
                spent[part] += time.perf_counter() - start

        return run

    merging.eight_bits = clocked("eight_bits", merging.eight_bits)
    for name in ("__init__", "start", "add", "finish"):
        setattr(merging.Merger, name, clocked("merging", getattr(merging.Merger, name)))
    start = time.perf_counter()
    pair = pk.attention_pair(model, tokenizer, cf)
    measured = time.perf_counter()
    html = pair.html
    spent |= {"page": time.perf_counter() - measured, "passes": measured - start - spent["merging"]}
    return html, spent | {"merging": spent["merging"] - spent["eight_bits"]}


def peer_input(model, tokenizer, text: str) -> tuple:
    import torch

    from procure_kit.training.loss.attention import attention_implementation

    ids = torch.tensor([tokenizer(text)["input_ids"]])
    with torch.no_grad(), attention_implementation(model, "eager"):
        attention = model(ids, output_attentions=True, use_cache=False, logits_to_keep=1).attentions
    return attention, [tokenizer.decode([token]) for token in ids[0]]


def child(job: dict) -> None:
    """Build one page, `rounds` times, and print the seconds and bytes; the page stays in `out`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    model, tokenizer = pk.load_model(job["model"])
    cf = pk.perturb(program_of(tokenizer, job["length"]), "variable_name_random")
    found = {"tokens": len(tokenizer(cf.counterfactual)["input_ids"])}
    peer_input(model, tokenizer, "x = 1\n")  # what is loaded at the first call counts for nobody
    print(found["tokens"], flush=True)  # ready
    start, html, parts = time.perf_counter(), "", {}
    if job["tool"] == "model":
        peer_input(model, tokenizer, cf.counterfactual)
    elif job["tool"] == "kit":
        html, parts = build_kit(model, tokenizer, cf)
    else:
        html = build(job["tool"], model, tokenizer, cf)
    found |= parts | {"seconds": time.perf_counter() - start, "bytes": len(html.encode())}
    Path(job["out"]).write_text(html, encoding="utf-8")
    print(json.dumps(found), flush=True)


def measure(job: dict) -> dict:
    """What `child` prints, or why it was stopped; the clock starts when its model is loaded."""
    command = [sys.executable, "-m", "tests.benchmarks.pairview_cost", "--child", json.dumps(job)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    tokens = int(process.stdout.readline() or 0)
    try:
        out, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return {"tokens": tokens, "stopped": f"over {SECONDS} s"}
    if process.returncode:
        last = errors.strip().splitlines()[-1:] or [f"exit {process.returncode}"]
        memory = "memory" in last[0].lower() or "alloc" in last[0].lower() or process.returncode < 0
        return {"tokens": tokens, "stopped": f"over {MEMORY_BYTES // 2**30} GB of memory" if memory else last[0]}
    found = json.loads(out)
    return found | ({"stopped": "over 1 GB"} if found["bytes"] > PAGE_BYTES else {})


def drawn(browser, tool: str, path: Path) -> float | None:
    """Seconds until the first picture stands, or the load event of a page that draws none; None: not in time."""
    from playwright.sync_api import Error

    context = browser.new_context(offline=True)
    page = context.new_page()
    try:
        start = time.perf_counter()
        page.goto(path.as_uri(), timeout=DRAWN_SECONDS * 1000, wait_until="commit" if tool in FIRST_PICTURE else "load")
        if tool in FIRST_PICTURE:
            page.wait_for_selector(FIRST_PICTURE[tool], timeout=DRAWN_SECONDS * 1000)
        return time.perf_counter() - start
    except Error:
        return None
    finally:
        context.close()


def run(model: str, lengths: list[int], rounds: int) -> list[dict]:
    rows, stopped, blank = [], set(), set()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for length in lengths:
            seen: dict[str, list[dict]] = {}
            for _ in range(rounds):
                for tool in ("model", *TOOLS):
                    if tool in stopped:
                        continue
                    path = Path(folder, f"{tool}.html")
                    found = measure({"tool": tool, "model": model, "length": length, "out": str(path)})
                    if "stopped" in found:
                        stopped.add(tool)
                    elif tool != "model":
                        found["drawn"] = None if tool in blank else drawn(browser, tool, path)
                        blank |= {tool} if found["drawn"] is None else set()
                    seen.setdefault(tool, []).append(found)
                    print(length, tool, found, file=sys.stderr, flush=True)
            rows += [{"length": length, "tool": tool} | median(found) for tool, found in seen.items()]
    return rows


def median(found: list[dict]) -> dict:
    if "stopped" in found[-1]:
        return found[-1]
    values = {key: [one[key] for one in found if one.get(key) is not None] for key in found[0]}
    return {key: statistics.median(known) if known else None for key, known in values.items()}


def table(rows: list[dict]) -> str:
    lines = [
        "| tokens | tool | seconds | model's passes | merging | eight bits | page | MB | drawn, s |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    alone = {row["length"]: row["seconds"] for row in rows if row["tool"] == "model" and "seconds" in row}
    for row in rows:
        if row["tool"] == "model":
            continue
        head = f"| {int(row.get('tokens', row['length']))} | {row['tool']} |"
        if "stopped" in row:
            lines.append(f"{head} stopped: {row['stopped']} | | | | | | |")
            continue
        if row["tool"] == "kit":
            parts = " | ".join(f"{row[part]:.2f}" for part in ("passes", "merging", "eight_bits", "page"))
        else:
            passed = min(alone[row["length"]], row["seconds"])
            parts = f"{passed:.2f} | | | {row['seconds'] - passed:.2f}"
        seen = f"not in {DRAWN_SECONDS} s" if row["drawn"] is None else f"{row['drawn']:.2f}"
        seen += "" if row["tool"] in FIRST_PICTURE else " (loaded, blank)"
        lines.append(f"{head} {row['seconds']:.2f} | {parts} | {row['bytes'] / 1e6:.1f} | {seen} |")
    return "\n".join(lines) + "\n"


def write(rows: list[dict], command: str, machine: str, model: str) -> None:
    print(table(rows))
    about = {"command": command, "machine": machine, "python": platform.python_version()}
    beside = RESULTS / f"pairview_cost.{model}.json"
    beside.write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n")
    beside.with_suffix(".md").write_text(f"`{command}` on {machine}\n\n{table(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--machine", default="two CPU cores, no GPU")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child(json.loads(args.child))
    command = f"python -m tests.benchmarks.pairview_cost --model {args.model} --rounds {args.rounds}"
    if args.lengths != list(LENGTHS):
        command += f" --lengths {' '.join(map(str, args.lengths))}"
    rows = run(args.model, args.lengths, args.rounds)
    write(rows, command, args.machine, Path(args.model).name)
    return None


if __name__ == "__main__":
    main()
