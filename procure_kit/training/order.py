"""In which order examples come: steps of like lengths, so that little of a batch is padding."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch.utils.data import Sampler

POOL = 16  # steps whose examples are sorted together: 0.96 of a batch is then text, of `tiny`'s, and 0.70 unsorted


class LikeLengths(Sampler):
    """The examples' numbers, `step` after `step` of like lengths; within a step in ascending length.

    An epoch's order is a function of `seed` and the epoch alone, so that a run that goes on finds its place. Examples
    are shuffled, pools of 16 steps (of a quarter of the steps, where those are fewer) sorted by length and cut into
    steps, and the steps shuffled. What does not fill a step is a random rest, and comes last.
    """

    def __init__(self, lengths: Sequence[int], step: int, seed: int, epoch: Callable[[], int]):
        self.lengths, self.step, self.seed, self.epoch = lengths, step, seed, epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        draws = torch.Generator().manual_seed(self.seed + self.epoch())
        order = torch.randperm(len(self.lengths), generator=draws).tolist()
        steps = len(order) // self.step
        pool = self.step * max(1, min(POOL, steps // 4))
        full = order[: steps * self.step]
        pools = [self._by_length(full[start : start + pool]) for start in range(0, len(full), pool)]
        cut = [p[start : start + self.step] for p in pools for start in range(0, len(p), self.step)]
        for number in torch.randperm(steps, generator=draws).tolist():
            yield from cut[number]
        yield from self._by_length(order[len(full) :])

    def _by_length(self, numbers: list[int]) -> list[int]:
        return sorted(numbers, key=lambda number: self.lengths[number])
