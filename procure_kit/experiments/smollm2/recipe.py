"""What all runs have in common, and how it was chosen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Sizes are what two cores do in about an hour a run, training and scoring together.

    The rate is QLoRA's own for small models (arXiv 2305.14314), the rank the kit's: none was chosen by what came out
    here. Lengths are in tokens of SmolLM2: 2,578 of the 3,771 programs have at most 512, without their statements; of
    what is cut off of the scored programs, 98 % has at most 65, and 95 % of HumanEval's functions have at most 138.
    """

    model: str = "smollm2"
    four_bit: bool = True  # NF4; False: the same LoRA on whole weights
    pairs: int = 1240  # of as many programs, each seen once: itself and one counterfactual; `originals`: twice as many
    batch_size: int = 4  # examples that are run at once, twice a step: 8 examples of this length take 8 GB
    max_length: int = 512  # of a program: longer ones are left out, not cut off
    lr: float = 2e-4
    lora_r: int = 16
    max_new_tokens: int = 96  # from the cut points
    whole_new_tokens: int = 160  # for whole functions
    trained: tuple[str, ...] = ("codeio", "cruxeval")
    scored: tuple[str, ...] = ("humaneval", "kit")
    limit: int = 0  # scored problems of each set; 0: all

    @property
    def steps(self) -> int:
        return self.pairs // self.batch_size


DRY = Recipe(
    model="tiny",
    pairs=4,
    max_length=200,
    max_new_tokens=8,
    whole_new_tokens=8,
    trained=("world",),
    limit=1,
)
