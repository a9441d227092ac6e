"""Sub-words to code tokens, lines, statements and expressions, on offsets written by hand."""

import pytest

from procure_kit.views.pair.units import CodeUnits, visible_start

TEXT = "ab = f(1)\nif x == 2:\n    y = a + b\nelse:\n    pass\n"


def units(text: str, *cuts: int) -> CodeUnits:
    """Model tokens that begin at the cuts."""
    edges = [0, *cuts, len(text)]
    return CodeUnits(text, list(zip(edges, edges[1:], strict=False)))


def every_character(text: str) -> CodeUnits:
    return units(text, *range(1, len(text)))


def labels(code: CodeUnits, view: str) -> list[str]:
    return [code.label(view, i) for i in range(len(code.views[view]))]


def test_sub_words_are_merged_to_code_tokens():
    code = every_character("alpha **= 3.5\n")
    assert labels(code, "token") == ["alpha", "␣", "**=", "␣", "3.5", "⏎"]
    assert code.views["token"].count.tolist() == [5, 1, 3, 1, 3, 1]


def test_a_model_token_of_two_code_tokens_makes_one_unit():
    code = units("f(x):\n    y", 1, 2, 3, 5, 9)  # f, (, x, "):", "\n   ", " y"
    assert labels(code, "token") == ["f", "(", "x", "):", "⏎", "y"]
    assert code.views["token"].spans[-1] == (10, 11)  # without the blank before it


def test_blanks_belong_to_the_word_behind_them_and_newlines_to_the_line_they_end():
    assert visible_start("a  b", (1, 4)) == 3
    assert visible_start("a\n  b", (1, 4)) == 1
    code = units("a = 1\n  \nb", 1, 3, 5, 9)
    assert labels(code, "line") == ["a = 1", "b"]
    assert code.views["line"].count.tolist() == [4, 1]


def test_special_tokens_belong_to_no_unit():
    code = CodeUnits("x = 1", [(0, 0), (0, 1), (1, 3), (3, 5), (5, 5)])
    token = code.views["token"]
    assert token.first.tolist() == [1, 2, 3] and token.count.sum() == 3
    assert token.members(5).sum(0).tolist() == [0, 1, 1, 1, 0]


def test_statements_hold_their_header_and_else_stands_alone():
    code = every_character(TEXT)
    assert labels(code, "statement") == ["ab = f(1)", "if x == 2:", "y = a + b", "else:", "pass"]


def test_expressions_are_the_outermost_of_each_statement():
    code = every_character(TEXT)
    assert [x for x in labels(code, "expression") if x not in "⏎␣"] == [
        "ab", "=", "f(1)", "if", "x == 2", ":", "y", "=", "a + b", "else:", "pass",
    ]  # fmt: skip


def test_nodes_cover_their_units_innermost_known():
    code = every_character("y = a + b\n")
    kinds = {kind: (labels(code, "token")[a], labels(code, "token")[b]) for a, b, kind in code.nodes}
    assert kinds["BinOp"] == ("a", "b")
    assert kinds["Assign"] == ("y", "b")


@pytest.mark.parametrize("text", ["def f(:\n  x", 'x = "é" + y\n', "a = 1\r\nb = 2\r\n", "\ttry:\n", "x\u2028y = 1\n"])
def test_every_view_covers_every_token_once(text):
    code = every_character(text)
    for view in code.views.values():
        assert view.first[0] == 0 and view.count.sum() == len(text)
        assert (view.first[1:] == view.last[:-1]).all()
    assert ("statement" in code.views) == (text in ('x = "é" + y\n', "a = 1\r\nb = 2\r\n"))


def test_columns_count_characters_not_bytes():
    code = every_character('x = "é" + y\n')
    assert labels(code, "expression")[-2:] == ['"é" + y', "⏎"]


@pytest.mark.parametrize("text, offsets", [("", []), ("", [(0, 0)])])
def test_an_empty_text_is_refused(text, offsets):
    with pytest.raises(ValueError, match="the program is empty"):
        CodeUnits(text, offsets)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("for i in x:\n    a\nelse:\n    b\n", ["for i in x:", "a", "else:", "b"]),
        ("while x:\n    a\nelse:\n    else_ = 1\n", ["while x:", "a", "else:", "else_ = 1"]),
        ("try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\n",
         ["try:", "a", "except E:", "b", "else:", "c", "finally:", "d"]),
        ("if x:\n    a\nelif y:\n    b\nelse:\n    c\n", ["if x:", "a", "elif y:", "b", "else:", "c"]),
        ("match x:\n    case 1:\n        a\n    case _:\n        b\n", ["match x:", "case 1:", "a", "case _:", "b"]),
        ("with x as y: a; b\n", ["with x as y:", "a;", "b"]),
        ("x = a if b else c\n", ["x = a if b else c"]),  # of an expression, no statement of its own
        ("def f(a, b=1):\n    'doc'\n    return a\n", ["def f(a, b=1):", "'doc'", "return a"]),
    ],
)  # fmt: skip
def test_every_statement_is_a_unit_of_its_own(text, statements):
    assert labels(every_character(text), "statement") == statements


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("x=-1\n", ["x", "=", "-", "1", "⏎"]),
        ("a//=b<<2\n", ["a", "//=", "b", "<<", "2", "⏎"]),
        ("a->b:=c!=d\n", ["a", "->", "b", ":=", "c", "!=", "d", "⏎"]),
        ("größe_1\n", ["größe_1", "⏎"]),
    ],
)
def test_code_tokens(text, tokens):
    assert labels(every_character(text), "token") == tokens


def test_nodes_of_one_token_are_not_told():
    kinds = [kind for _, _, kind in every_character("f(x, y=1)\n").nodes]
    assert "Call" in kinds and "keyword" in kinds and "Name" not in kinds and "Constant" not in kinds


def test_a_node_is_told_by_both_its_ends():
    code = every_character("a.b(c) + d\n")
    ends = {kind: (labels(code, "token")[a], labels(code, "token")[b]) for a, b, kind in code.nodes}
    assert ends == {"Attribute": ("a", "b"), "Call": ("a", ")"), "BinOp": ("a", "d")}
