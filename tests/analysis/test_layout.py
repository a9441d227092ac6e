"""Whatever the layout, LibCST gets a program that Python takes for the same one, and every token knows its place."""

import ast
import warnings

import libcst as cst
import pytest

from procure_kit.analysis.analysis import analyse
from procure_kit.analysis.layout import lay_out
from procure_kit.analysis.python_tree import PythonTree
from procure_kit.analysis.source_tree import parse_source, walk
from procure_kit.analysis.tokens import tokens

ODD = {
    "words without blanks": "def f(p):\n    return(lambda: p)if(not(p))else[1if p else-1,(yield_)or'a'in\"b\"]\n",
    "a tab behind blanks": "if 1:\n  \tx = 1\n  \tif x:\n  \t\ty = 2\nz = 3\n",
    "blanks and tabs of one width": "class A:\n\tdef f(s):\n\t        return 1\n\tx = 2\n",
    "a backslash before the indentation": "class A:\n\\\n    x = 1\n\\\n    y = 2\nz = 3\n",
    "backslashes between all tokens": "if \\\n x \\\n  : \\\n   y \\\n   = \\\n 1\nz = \\\n [1 \\\n ]\n",
    "a backslash before an empty line": "if x:\n    y = 1 \\\n\nz = 2\n",
    "form feeds": "\x0cx = 1\n\x0c\nif x:\n\x0c    y = 1\n \x0c    z = 2\n",
    "suites on one line": "if a:b;c;\nelif d:e\nelse:f\nfor x in y:z\nelse:w\ntry:a\nfinally:b\nclass C:x=1;y=2\n",
    "comments everywhere": "# a\nif x: # b\n        # c\n    y # d\n # e\n    z # f\n  # g\nelse: # h\n\n  w\n# i",
    "every kind of newline": "a = 1\r\nb = 2\rc = 3\nif a:\r  b\r\n",
    "a match, and its words as names": "match(x):\n  case(1):y\n  case[a,*_]if a:z\n  case _:\n    match=case=_\n",
    "try with except and else on one line": "try:a\nexcept(A,B):b\nelse:c\nfinally:d\n",
    "nested else if and elif": "if a:x\nelse:\n  if b:y\n  elif c:z\n  else:w\n",
    "decorators": "@a\n@(b)\n\n# c\nclass C:\n  @d\n  async def f(s):await(s)\n",
    "numbers that meet words": "x = [0x1for x in y]\nz = 1if x else 1.or 1_0j\n",
    "f-strings": "f'''{\n x\n!r:>{w}}{{}}{ {1:2}[1] }{not(1 if p else 0)}''' rf'\\{x}' f'{x=}{x!=y}{a[\"b\"]:%Y{z}}'\n",
    "f-strings that tell": "f'''{\n3\n=}''' f'{x  =!r}{(a\t+b) = :>{ w  = }}' rf'{not(1)=}\\d{a.b  . c=}'\n",
    "one in one that tells": "y = f'''{f\"{ 3\t= }{a  }\"   =!s:{ w }}{ z   }'''\n",
    "with newlines of two kinds": "x = f'''{\r\n(1,\r2)\r\n=}'''\r\ny = 1\r\n",
    "names that Unicode holds equal": "ﬁ = 1\nprint(fi, e\u0301, ℘, a·b)\nclass C: ｘ = 1\n",
    "an annotated name in parentheses": "def f():\n    ((x)): int = 1\n    (y): int\n    (z(1).a[(2)]): (int) = 2\n",
    "bases behind keywords": "class C(metaclass=M, *a, *(b), k=1, **d): pass\n",
    "long rows of strings": "x = (" + "'a' " * 1200 + ", " + "f'{y}b' " * 1200 + ")\nz = 'c'\n",
    "a long row at the end of the file": "x = " + "'a' " * 1200,
    "nothing": "",
    "a byte-order mark": "\ufeff\\\nx = 1",
}


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_the_plain_layout_is_the_same_program(source):
    parsed = PythonTree(source)
    layout = lay_out(parsed)
    module = cst.parse_module(layout.text) if len(source) < 2000 else None  # deep trees need room
    assert module is None or module.code == layout.text
    if "'a' 'a'" not in source and "): int" not in source and "*a" not in source:
        assert ast.dump(ast.parse(layout.text)) == ast.dump(parsed.tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(layout.text, "plain", "exec")


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_every_token_has_its_place_and_the_rest_is_layout(source):
    layout, position = lay_out(PythonTree(source)), len("\ufeff") * source.startswith("\ufeff")
    for token in tokens(source, position):
        assert not set(source[position : token.start]) - set(" \t\f\\\r\n") or "#" in source[position : token.start]
        position = token.end
    for start in range(len(layout.text)):
        where, end = layout.span(start, start + 1)
        same = layout.text[start] == source[where : where + 1] or layout.text[start] in " \n()+,"
        assert same or not source[where:end].isascii()


def test_layout_that_is_told_and_that_libcst_minds_is_laid_out_plainly():
    source = "def f(p):\n    return f'{not(1 if p else 0)  =}', f'{(await(lambda: p))=}'\n".replace("await", "not")
    tree = parse_source(source)
    assert not tree.layout.told and tree.module.code == tree.layout.text
    assert [tree.text(node) for node in walk(tree.module) if isinstance(node, cst.Lambda)] == ["lambda: p"]


def test_spans_are_of_the_source_as_it_is_written():
    source = "def ﬁ(ｘ):\n  \treturn(\tlambda\\\n:ｘ)\n"
    analysis = analyse(source)
    texts = [(analysis.tree.text(node), node.value) for node in analysis.nodes if isinstance(node, cst.Name)]
    assert texts == [("ﬁ", "fi"), ("ｘ", "x"), ("ｘ", "x")]
    (lambda_,) = (node for node in analysis.nodes if isinstance(node, cst.Lambda))
    assert analysis.tree.text(lambda_) == "lambda\\\n:ｘ"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f():\n    x = 1\n    break\n", "line 3: the source does not compile: 'break' outside loop"),
        ("continue\n", "line 1: the source does not compile: 'continue' not properly in loop"),
        ("x = 1\nreturn x\n", "line 2: the source does not compile: 'return' outside function"),
        ("def f(x):\n    global x\n", "line 2: the source does not compile: name 'x' is parameter and global"),
        ("def f():\n    nonlocal x\n", "line 2: the source does not compile: no binding for nonlocal 'x' found"),
        ("def f(x, x): pass\n", "line 1: the source does not compile: duplicate argument 'x'"),
        ("await x\n", "line 1: the source does not compile: 'await' outside function"),
        ("from __future__ import braces\n", "line 1: the source does not compile: not a chance"),
    ],
)
def test_what_only_the_compiler_refuses_has_one_sentence(source, message):
    with pytest.raises(ValueError, match=message):
        analyse(source)
