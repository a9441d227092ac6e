"""Steps of like lengths: nothing is lost, little is padding, and the order is the seed's."""

import random

import pytest

from procure_kit.training.order import LikeLengths

LENGTHS = random.Random(0).choices(range(50, 180), k=650)


def order(step=16, seed=0, epoch=0, lengths=LENGTHS):
    return list(LikeLengths(lengths, step, seed, lambda: epoch))


def text_share(numbers, batch):
    """How much of the padded batches is text."""
    batches = [[LENGTHS[n] for n in numbers[start : start + batch]] for start in range(0, len(numbers), batch)]
    return sum(map(sum, batches)) / sum(max(lengths) * len(lengths) for lengths in batches)


@pytest.mark.parametrize("count, step", [(1, 16), (15, 16), (16, 16), (70, 16), (650, 16), (650, 1), (7, 3)])
def test_every_example_comes_once(count, step):
    assert sorted(order(step, lengths=LENGTHS[:count])) == list(range(count))


def test_little_of_a_batch_is_padding():
    shuffled = random.Random(1).sample(range(650), 650)
    assert text_share(shuffled, 16) < 0.75 < 0.9 < text_share(order(), 16)
    assert text_share(order(), 4) > 0.95  # a step in four batches


def test_steps_come_in_no_order_of_length():
    steps = [order()[start : start + 16] for start in range(0, 640, 16)]
    longest = [max(LENGTHS[n] for n in step) for step in steps]
    assert longest != sorted(longest) and longest != sorted(longest, reverse=True)
    assert max(longest[:10]) > 160 and min(longest[:10]) < 90


def test_the_order_is_a_function_of_seed_and_epoch():
    assert order() == order() != order(seed=1) == order(epoch=1) != order(epoch=2)


def test_epochs_cut_other_steps_out_of_a_small_set():
    first, second = ({frozenset(order(4, epoch=e, lengths=LENGTHS[:16])[:4])} for e in (0, 1))
    assert first != second


def test_the_rest_comes_last_and_is_any_example():
    rests = {tuple(order(epoch=epoch)[640:]) for epoch in range(5)}
    assert len(rests) == 5
