"""The public functions over all concepts."""

import pytest

from procure_kit import CONCEPTS, NotApplicable, find_sites, perturb, perturb_all
from procure_kit.concepts.table import FAMILIES, known_concepts

SOURCE = '''\
def sign(n):
    """Tell the sign.

    >>> sign(-2)
    -1
    """
    low = -1
    high = 1  # größer
    if n < 0 and len(str(n)) > 1:
        result = low
    else:
        result = high
    print(result)
    result = result + 0
    for step in range(2):
        if step > 0 and step < 2:
            result += 2 * step
    result -= 2
    if result < 0:
        return -1
    return 1
'''
LAYOUTS = {
    "as it is": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\ufeff" + text,
    "tabs": lambda text: text.replace("    ", "\t"),
    "no final newline": lambda text: text.rstrip("\n"),
    "form feed": lambda text: "\f\n" + text + "\f\nx = 1\n",
}


def outside(text, spans):
    """What is left of a text when its changed spans are cut out."""
    pieces, position = [], 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    return [*pieces, text[position:]]


def test_the_table_holds_the_concepts_in_their_order():
    assert list(CONCEPTS) == [
        "if_else_flip",
        "independent_swap",
        "def_use_break",
        "variable_name_random",
        "variable_name_shuffle",
        "data_type",
        "mirrored_comparison",
        "guard_clause",
        "nested_condition",
        "augmented_assignment",
        "for_while",
    ]


def test_where_nobody_names_a_concept_the_further_forms_are_left_out():
    assert {site.concept for site in find_sites(SOURCE)} == set(CONCEPTS) - set(FAMILIES["forms"])
    assert {site.concept for site in find_sites(SOURCE, ["forms"])} == set(FAMILIES["forms"])
    assert [key for family in FAMILIES.values() for key in family] == list(CONCEPTS)
    assert set(perturb_all(SOURCE).concept.split("+")).isdisjoint(FAMILIES["forms"])
    assert known_concepts(["data_type", "types", "forms"]) == ["data_type", *FAMILIES["forms"]]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("mode", ["strict", "procure"])
@pytest.mark.parametrize("concept", CONCEPTS)
def test_all_but_the_change_stays_as_it_is(concept, mode, layout):
    source = layout(SOURCE)
    accepted = [site for site in find_sites(source, [concept], mode) if site.refused is None]
    assert accepted
    for site in accepted:
        cf = perturb(source, concept, 3, mode, site)
        assert cf.counterfactual != source
        assert outside(source, cf.changed_original) == outside(cf.counterfactual, cf.changed)
        namespace = {}
        exec(cf.counterfactual.removeprefix("\ufeff"), namespace)
        assert [namespace["sign"](n) for n in (-5, 0, 5)] == [-1, 1, 1]


@pytest.mark.parametrize("concept", CONCEPTS)
def test_sites_are_numbered_in_the_order_of_the_text(concept):
    sites = find_sites(SOURCE + SOURCE.replace("sign", "other"), [concept])
    assert [site.index for site in sites] == list(range(len(sites)))
    assert [site.span for site in sites] == sorted(site.span for site in sites)
    assert all(SOURCE.count("\n", 0, s.span[0]) + 1 == s.line for s in sites if s.span[0] < len(SOURCE))


def test_the_row_says_how_it_was_made():
    cf = perturb(SOURCE, "if_else_flip", seed=7, task_id="kit/1")
    assert (cf.task_id, cf.concept, cf.mode, cf.site, cf.seed) == ("kit/1", "if_else_flip", "strict", 0, 7)
    assert (cf.generator, cf.original, cf.soundness, cf.status) == ("rules", SOURCE, "tested", "")


def test_seeds_repeat_and_differ():
    made = [perturb(SOURCE, "variable_name_random", seed).counterfactual for seed in (0, 0, 1, 2)]
    assert made[0] == made[1] and len(set(made)) == 3


def test_the_seed_picks_among_the_accepted_sites():
    source = SOURCE + SOURCE.replace("sign", "other") + "if a: x\n"
    assert {perturb(source, "if_else_flip", seed).site for seed in range(20)} == {0, 3}


def test_not_applicable_counts_every_reason():
    with pytest.raises(NotApplicable, match="2 × it has no else branch to swap with; 1 × a conditional expression"):
        perturb("if a: x\nif b: y\nz = 1 if a else 2\n", "if_else_flip")
    with pytest.raises(NotApplicable, match="finds nothing to rewrite: the source has no place of its kind"):
        perturb("x = 1\n", "if_else_flip")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"concept": "flip"}, "no concept 'flip': use one of if_else_flip, independent_swap"),
        ({"concept": "forms"}, "'forms' is a family of concepts: use one of mirrored_comparison, guard_clause"),
        ({"concept": "if_else_flip", "mode": "loose"}, "no mode 'loose': use one of strict, procure"),
        ({"concept": "if_else_flip", "site": 9}, "no site 9 of if_else_flip: the source has 3"),
    ],
)
def test_wrong_arguments_name_the_right_ones(arguments, message):
    with pytest.raises(ValueError, match=message):
        perturb(SOURCE, **arguments)


def test_bad_source_is_one_sentence():
    with pytest.raises(ValueError, match="line 1: the source does not parse as Python"):
        find_sites("def f(:\n")
