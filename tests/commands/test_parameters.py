"""What `-p KEY VALUE` may be: by the type of the notebook's own default."""

import pytest

from procure_kit.commands.parameters import Parameter, parse_value


@pytest.mark.parametrize(
    "text, value",
    [("3", 3), ("5e-6", 5e-6), ("true", True), ("False", False), ("none", None), ("(1, 5)", (1, 5)), ("a/b", "a/b")],
)
def test_values_are_python_where_they_are(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize(
    "default, text, value",
    [
        (1, "20", 20), (0.5, "2", 2.0), (0.5, "5e-6", 5e-6), (False, "true", True), ("tiny", "7", "7"),
        ("", "a/b.jsonl", "a/b.jsonl"), ([1], "(2, 3)", [2, 3]), (None, "4", 4), (None, "x", "x"),
        ((1,), "(1, 5)", [1, 5]), (None, "(1, 5)", [1, 5]),
    ],
)  # fmt: skip
def test_a_value_that_fits_arrives_as_its_default_is(default, text, value):
    found = Parameter("p", default).value(text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "default, text", [(1, "2.5"), (1, "true"), (0.5, "much"), (True, "1"), ([1], "3"), ((1,), "x")]
)
def test_a_value_of_another_type_names_its_parameter(default, text):
    with pytest.raises(ValueError, match=f"parameter 'p' is .*, not '{text}'"):
        Parameter("p", default).value(text)
