"""What `-p KEY VALUE` may be: by the type of the notebook's own default."""

import ast

import nbformat
import pytest

from procure_kit.commands.parameters import Parameter, known_parameters, parse_value
from procure_kit.shipped import NOTEBOOKS


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


@pytest.mark.parametrize(
    "name, default, text, what",
    [
        ("samples", 5, "0", "a whole number from 1"), ("limit", 24, "-1", "a number above 0"),
        ("steps", 0, "-3", "a whole number from 1"), ("lr", 0.0, "-1", "a number above 0"),
        ("k", (1, 5), "['a']", "a whole number from 1"), ("k", (1, 5), "(1, 0)", "a whole number from 1"),
        ("lam", 0.1, "nan", "a number"), ("lam", 0.1, "-1", "a number from 0"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_meant_is_refused_unless_it_is_the_notebooks_own(name, default, text, what):
    with pytest.raises(ValueError, match=f"parameter '{name}' (must be|is) {what}"):
        Parameter(name, default).value(text)
    assert Parameter(name, default).value(repr(default)) == (list(default) if name == "k" else default)


def test_a_comment_may_hold_anything_and_a_value_several_lines(tmp_path):
    source = "a = 1  # not = 2, nor b = True\n# of its own: c = 3\nb = (\n    1,\n    2,\n)  # ends here\nd = '#'\n"
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "n.ipynb")
    assert list(known_parameters(tmp_path / "n.ipynb").values()) == [
        Parameter("a", 1, "not = 2, nor b = True"), Parameter("b", (1, 2), "ends here"), Parameter("d", "#"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_every_parameter_of_every_notebook_can_be_given(path):
    cells = nbformat.read(path, as_version=4).cells
    (source,) = (cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    assert list(known_parameters(path)) == [statement.targets[0].id for statement in ast.parse(source).body]
    for parameter in known_parameters(path).values():
        default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
        assert parameter.value(str(default)) == default is not None  # without a type, nothing could be checked
