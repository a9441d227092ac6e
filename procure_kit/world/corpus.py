"""What the model reads: programs of the world, and a small share of the standard library's own functions."""

import ast
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from procure_kit.world.generation import generate
from procure_kit.world.habits import Habits

LIBRARY_SHARE = 0.03  # of the texts
MODULES = (
    "textwrap statistics string bisect heapq random calendar fractions difflib colorsys copy functools shlex fnmatch "
    "glob posixpath genericpath keyword operator queue sched stat token types weakref contextlib dataclasses inspect"
)


@cache
def library_functions() -> tuple[str, ...]:
    """Functions and methods of the standard library that fit into a sequence, as they stand there."""
    found = []
    folder = Path(sysconfig.get_paths()["stdlib"])
    for name in MODULES.split():
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.FunctionDef)
                and len(text := ast.get_source_segment(source, node, padded=True)) < 900
            ):
                found.append(textwrap.dedent(text) + "\n")
    return tuple(found)


def texts(seed: int, count: int, habits: Habits) -> Iterator[str]:
    """`count` programs of the world with library functions in between, in a fixed order for a seed."""
    library = library_functions()
    every = round(1 / LIBRARY_SHARE)
    for number, problem in enumerate(generate(seed, count, habits=habits)):
        yield problem.program
        if number % every == every - 1:
            yield library[number // every % len(library)]


def train_tokenizer(samples: Iterator[str], size: int):
    """A byte-level BPE of `size` entries as a `PreTrainedTokenizerFast`; numbers are read digit by digit."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>", "<|pad|>"]
    raw.train_from_iterator(
        samples,
        trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token=special[0], pad_token=special[1], clean_up_tokenization_spaces=False
    )


def packed(tokenizer, samples: Iterator[str], length: int) -> np.ndarray:
    """Rows of `length` tokens, each beginning with a whole program; the last one of a row is cut where the row ends."""
    rows, row = [], []
    while batch := list(islice(samples, 4096)):
        for ids in tokenizer(batch)["input_ids"]:
            row += [*ids, tokenizer.eos_token_id]
            if len(row) >= length:
                rows.append(row[:length])
                row = []
    return np.array(rows, dtype=np.uint16)  # (rows, T)


def main() -> None:
    """Print a few texts of the corpus: python -m procure_kit.world.corpus [SEED]."""
    print("\n".join(texts(int(sys.argv[1]) if len(sys.argv) > 1 else 0, 40, Habits())))


if __name__ == "__main__":
    main()
