"""Completions per second of the batched sampler beside plain `generate`, one prompt at a time, on the same model.

    python -m tests.benchmarks.sampling_speed                        # tiny, n = 10: two minutes on two cores
    python -m tests.benchmarks.sampling_speed --model smollm2 --prompts 8 --limit 64

kit: `complete`, n samples of 16 prompts at a time. generate: one call a prompt, with `num_return_sequences=n`. one by
one: n calls a prompt, on a quarter of the prompts. All draw at the same temperature from the likeliest 95 %, from the
prompts of CACP's cut points, to the end of text or `--limit` tokens. Each chunk of prompts is timed in all three, one
after the other, so that what else runs on the machine meets all alike; the ratio is the median over chunks. Peak
memory: the most above the loaded model, each variant in a process of its own.
"""

import argparse
import json
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from procure_kit.evaluation.completion import TOP_P, complete
from procure_kit.generation.rules import pairs_of
from procure_kit.shipped import RESULTS
from procure_kit.training.cuts import cut_pair
from procure_kit.training.models import load_model
from procure_kit.validation.problem_names import load_problems

CHUNK = 16  # prompts
TEMPERATURE = 0.8


def prompts(problem_set: str, count: int) -> list:
    """The first `count` cut points, in the order of the problems."""
    cuts = [cut for cf, _ in pairs_of(load_problems(problem_set)[:count]) for cut in cut_pair(cf) or ()]
    return list(dict.fromkeys(cuts))[:count]


def kit(model, tokenizer, cuts, samples: int, limit: int) -> None:
    complete(
        model,
        tokenizer,
        cuts,
        samples=samples,
        temperature=TEMPERATURE,
        max_new_tokens=limit,
        batch_size=CHUNK,
    )


def generate(model, tokenizer, cuts, samples: int, limit: int, calls: int = 1) -> None:
    for cut in cuts:
        inputs = tokenizer(cut.prefix.rstrip(), return_tensors="pt").to(model.device)
        for _ in range(calls):
            output = model.generate(
                **inputs,
                do_sample=True,
                temperature=TEMPERATURE,
                top_p=TOP_P,
                top_k=0,
                num_return_sequences=samples // calls,
                max_new_tokens=limit,
                pad_token_id=tokenizer.pad_token_id,
            )
            tokenizer.batch_decode(output)


def one_by_one(model, tokenizer, cuts, samples: int, limit: int) -> None:
    generate(model, tokenizer, cuts, samples, limit, calls=samples)


def rate(name: str, model, tokenizer, chunk, arguments: argparse.Namespace) -> float:
    """Completions per second."""
    chunk = chunk[: -(-len(chunk) // 4)] if name == "one by one" else chunk
    start = time.perf_counter()
    VARIANTS[name](model, tokenizer, chunk, arguments.samples, arguments.limit)
    return len(chunk) * arguments.samples / (time.perf_counter() - start)


VARIANTS = {"kit": kit, "generate": generate, "one by one": one_by_one}


def peak_memory(name: str, arguments: argparse.Namespace) -> float:
    """MiB above the loaded model while one chunk is completed. To be called in a process of its own."""
    model, tokenizer = load_model(arguments.model)
    cuts = prompts(arguments.problems, CHUNK)
    VARIANTS[name](model, tokenizer, cuts[:1], arguments.samples, 2)  # loads what is loaded at first use
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    VARIANTS[name](model, tokenizer, cuts, arguments.samples, arguments.limit)
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 2**20, 1)


def measure(arguments: argparse.Namespace) -> dict:
    model, tokenizer = load_model(arguments.model)
    cuts = prompts(arguments.problems, arguments.prompts)
    size = min(CHUNK, len(cuts))
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    torch.manual_seed(0)
    for run in VARIANTS.values():
        run(model, tokenizer, cuts[:1], arguments.samples, 4)
    for start in range(0, len(cuts) - size + 1, size):
        for name in VARIANTS:
            rates[name].append(rate(name, model, tokenizer, cuts[start : start + size], arguments))
            print(f"{name}: {rates[name][-1]:.1f} completions/s", flush=True)
    rows = {}
    for name in VARIANTS:
        ratios = [kit / other for kit, other in zip(rates["kit"], rates[name], strict=True)]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            memory = pool.submit(peak_memory, name, arguments).result()
        rows[name] = {
            "completions/s": round(statistics.median(rates[name]), 1),
            "kit is faster by": round(statistics.median(ratios), 2),
            "MiB": memory,
        }
    return {
        "command": f"python -m tests.benchmarks.sampling_speed --model {arguments.model} --samples {arguments.samples}",
        "machine": f"{torch.get_num_threads()} CPU threads, no GPU" if model.device.type == "cpu" else "a GPU",
        "prompts": len(cuts),
        "samples": arguments.samples,
        "new tokens at most": arguments.limit,
        "rows": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--problems", default="world")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--limit", type=int, default=96, help="new tokens at most")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    result = measure(arguments)
    output = arguments.output or RESULTS / f"sampling_speed.{Path(arguments.model).name}.json"
    output.write_text(json.dumps(result, indent=1) + "\n")
    for name, row in result["rows"].items():
        print(name, row)


if __name__ == "__main__":
    main()
