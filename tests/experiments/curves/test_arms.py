"""Arms by name: each differs from plain pairs in what its name says."""

from dataclasses import asdict

import pytest

from procure_kit.experiments.curves.arms import MAIN, SETS, Arm, arm_named

UNKNOWN = ("plain without loops", "plain given nobody", "originals given model")  # nothing is written for the last


def differs(name: str) -> set[str]:
    return {field for field, value in asdict(arm_named(name)).items() if value != asdict(Arm())[field]}


@pytest.mark.parametrize("name", [name for names in SETS.values() for name in names])
def test_every_name_of_a_set_is_known_and_one_arm_alone_is_plain(name):
    assert bool(differs(name)) == (name != "plain")


def test_what_the_names_change():
    assert differs("mask λ 0.3") == differs("mask") == {"lam", "w_mask"}
    assert arm_named("mask λ 0.3").lam == 0.3 and arm_named("mask").lam == 0.1
    assert differs("plain procure") == {"mode"}
    without = arm_named("plain without if_else_flip").concepts
    assert len(without) == 4 and "if_else_flip" not in without
    assert differs("plain given model") == {"writer"}
    assert len(MAIN) == 10


@pytest.mark.parametrize("name", ["", "plane", "both 0.3", "both λ", "both λ -1", "both λ x", *UNKNOWN])
def test_what_is_no_arm_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"no arm '{name}': use originals, plain"):
        arm_named(name)
