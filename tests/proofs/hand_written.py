"""Small problems whose verdict a boundary between tests and program could change: program, tests, and their outcome.

"passed" and "tests_fail" are what one process with both gives, and needs_own_process where it passes there alone; None
where that depends on the system, or on the level of isolation. A body without `def check` is the body of
`check(candidate)`, and the program's last function the entry point. Those below have a name each; small_problems.jsonl
has hundreds more, in groups, with the status that the kit gave them when one plain process had said the same.
"""

import json
from pathlib import Path

# ruff: noqa: E501 (one problem a line)

FAIL, PASS, OWN = "tests_fail", "passed", "needs_own_process"
STACK = """class Stack:
    LIMIT = 5
    def __init__(self, items=()): self.items = list(items)
    @classmethod
    def of(cls, *items): return cls(items)
    def __eq__(self, other): return self.items == other.items
    def __lt__(self, other): return self.items < other.items
    def __setitem__(self, at, value): self.items[at] = value
    def __getitem__(self, at): return self.items[at]
    def __enter__(self): return self
    def __exit__(self, *args): self.items.clear()
    def __len__(self): return len(self.items)
    def __repr__(self): return f'Stack({self.items})'
    def __hash__(self): return len(self.items)
    def __contains__(self, item): return item in self.items
    def push(self, item): self.items.append(item); return self
    @property
    def top(self): return self.items[-1]
"""
KEEPS = "class Keeps:\n    def __init__(self, xs): self.xs = xs\n    def total(self): return sum(self.xs)\n"

LIBRARY = {  # values of the standard library
    "date": ("from datetime import date\ndef f(y, m, d): return date(y, m, d)", "from datetime import date\nassert candidate(2024, 2, 28) == date(2024, 2, 28)", PASS),
    "date, unequal": ("from datetime import date\ndef f(x): return date(2024, 1, 1)", "from datetime import date\nassert candidate(1) != date(2024, 1, 1)", FAIL),
    "dates in a set": ("from datetime import date\ndef f(x): return date(2024, 1, 1)", "assert len({candidate(1), candidate(2)}) == 2", FAIL),
    "date, not in": ("from datetime import date\ndef f(x): return date(2024, 1, 1)", "from datetime import date\nassert candidate(1) not in [date(2024, 1, 1)]", FAIL),
    "aware datetime": ("from datetime import datetime, timezone, timedelta\ndef f(h): return datetime(2024, 1, 1, h, tzinfo=timezone(timedelta(hours=2), 'X'))", "d = candidate(3)\nassert d.tzname() == 'X' and d.utcoffset().seconds == 7200 and d.fold == 0", PASS),
    "zone": ("from datetime import datetime\nfrom zoneinfo import ZoneInfo\ndef f(): return datetime(2024, 7, 1, tzinfo=ZoneInfo('UTC'))", "assert candidate().tzinfo.key == 'UTC'", PASS),
    "time and delta": ("from datetime import time, timedelta\ndef f(x): return [time(1, 2, 3, 4, fold=1), timedelta(days=-1, microseconds=5)]", "t, d = candidate(0)\nassert t.fold == 1 and d.days == -1 and d.microseconds == 5", PASS),
    "delta as argument": ("def f(d): return d.total_seconds()", "from datetime import timedelta\nassert candidate(timedelta(minutes=2)) == 120", PASS),
    "decimal": ("from decimal import Decimal\ndef f(s): return Decimal(s) * 2", "from decimal import Decimal\nassert str(candidate('1.10')) == '2.20'", PASS),
    "fraction": ("from fractions import Fraction\ndef f(a, b): return Fraction(a, b)", "assert candidate(2, 4).denominator == 2", PASS),
    "complex": ("def f(z): return z.conjugate()", "assert candidate(1 + 2j) == 1 - 2j", PASS),
    "counter": ("from collections import Counter\ndef f(s): return Counter(s)", "from collections import Counter\nassert candidate('aab') + Counter('b') == Counter('aabb') and candidate('a')['z'] == 0", PASS),
    "counter as argument": ("def f(c): return c.most_common(1)[0][0]", "from collections import Counter\nassert candidate(Counter('aab')) == 'a'", PASS),
    "counter grows in place": ("def f(c): c['a'] += 1", "from collections import Counter\nc = Counter('a')\ncandidate(c)\nassert c == Counter('aa')", PASS),
    "ordered dict": ("from collections import OrderedDict\ndef f(x): return OrderedDict([('b', 2), ('a', 1)])", "from collections import OrderedDict\nassert candidate(0) == OrderedDict([('a', 1), ('b', 2)])", FAIL),
    "ordered dict is moved": ("def f(d): d.move_to_end('a')", "from collections import OrderedDict\nd = OrderedDict(a=1, b=2)\ncandidate(d)\nassert list(d) == ['b', 'a']", PASS),
    "default dict": ("from collections import defaultdict\ndef f(xs):\n    d = defaultdict(list)\n    for x in xs: d[x % 2].append(x)\n    return d", "d = candidate([1, 2, 3])\nassert d[1] == [1, 3] and d[7] == []", PASS),
    "default dict is no dict": ("from collections import defaultdict\ndef f(x): return defaultdict(int)", "assert type(candidate(0)) is dict", FAIL),
    "default dict of its own": ("from collections import defaultdict\ndef f(x): return defaultdict(lambda: x)", "assert candidate(4)['k'] == 4", PASS),
    "deque": ("from collections import deque\ndef f(xs): return deque(xs, maxlen=2)", "d = candidate([1, 2, 3])\nd.append(4)\nassert list(d) == [3, 4] and d.maxlen == 2", PASS),
    "named tuple": ("from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x, y): return P(x, y)", "p = candidate(1, 2)\nassert p.x == 1 and p == (1, 2) and repr(p) == 'P(x=1, y=2)' and p._replace(x=3).x == 3", PASS),
    "named tuple of the tests'": ("def f(p): return p.x + p.y", "from collections import namedtuple\nassert candidate(namedtuple('Q', 'x y')(1, 2)) == 3", PASS),
    "named tuple with a method": ("from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    def twice(self): return 2 * self.x\ndef f(x): return P(x)", "assert candidate(2).twice() == 4", OWN),
    "library enum": ("from http import HTTPStatus\ndef f(n): return HTTPStatus(n)", "from http import HTTPStatus\nassert candidate(404) is HTTPStatus.NOT_FOUND", PASS),
    "its own enum": ("import enum\nclass C(enum.Enum):\n    A = 1\n    B = 2\ndef f(n): return C(n)", "assert candidate(1).name == 'A' and candidate(1) is candidate(1) and candidate(1) != candidate(2)", PASS),
    "its own int enum": ("import enum\nclass C(enum.IntEnum):\n    A = 1\ndef f(n): return C(n)", "assert candidate(1) == 1 and candidate(1).name == 'A'", OWN),
    "uuid": ("import uuid\ndef f(n): return uuid.UUID(int=n)", "import uuid\nassert candidate(5) == uuid.UUID(int=5)", PASS),
    "path": ("from pathlib import Path\ndef f(s): return Path(s) / 'x'", "from pathlib import Path\nassert candidate('/a') == Path('/a/x') and candidate('a').suffix == ''", PASS),
    "range": ("def f(n): return range(n)", "assert candidate(3) == range(3) and candidate(10**20)[-1] == 10**20 - 1", PASS),
    "slice": ("def f(xs, s): return xs[s]", "assert candidate([1, 2, 3], slice(1, None)) == [2, 3]", PASS),
    "types as arguments": ("def f(xs, t): return [x for x in xs if isinstance(x, t)]", "assert candidate([1, 'a', 2.5], int) == [1] and candidate([1, 'a'], (str, float)) == ['a']", PASS),
    "type as result": ("def f(x): return type(x)", "assert candidate(1) is int and candidate('') == str and candidate({}) is not list", PASS),
    "an exception's type as argument": ("def f(kind):\n    try: raise kind('x')\n    except LookupError: return 'lookup'\n    except Exception: return 'other'", "assert candidate(KeyError) == 'lookup' and candidate(ValueError) == 'other'", PASS),
    "keys": ("def f(d): return d.keys()", "assert candidate({'a': 1}) == {'a'}", PASS),
    "values and items": ("def f(d): return d.values(), d.items()", "v, i = candidate({'a': 1})\nassert list(v) == [1] and ('a', 1) in i", PASS),
    "bytes": ("def f(b): return bytes(b) + b'x'", "assert candidate(bytearray(b'a')) == b'ax'", PASS),
    "bytearray in place": ("def f(b): b[0] = 65", "b = bytearray(b'xy')\ncandidate(b)\nassert b == b'Ay'", PASS),
    "memoryview": ("def f(b): return memoryview(b)[1:]", "assert bytes(candidate(b'abc')) == b'bc'", PASS),
    "array": ("import array\ndef f(xs): return array.array('i', xs)", "import array\nassert candidate([1]) == array.array('i', [1])", OWN),
    "an exception as a value": ("def f(x): return ValueError(x)", "assert candidate('a').args == ('a',)", PASS),
    "chain map": ("from collections import ChainMap\ndef f(a, b): return ChainMap(a, b)", "assert candidate({'x': 1}, {'y': 2})['y'] == 2", PASS),
    "partial": ("from functools import partial\ndef f(x): return partial(pow, x)", "assert candidate(2)(3) == 8", PASS),
}  # fmt: skip

SHARED = {  # objects that both sides keep, and orders and identities
    "a kept argument changes": (KEEPS, "d = [1]\na = candidate(d)\nd.append(5)\nassert a.total() == 1", FAIL),
    "a kept argument is seen to change": (KEEPS, "d = [1]\na = candidate(d)\nd.append(5)\nassert a.total() == 6", OWN),
    "an attribute changes": ("class Bag:\n    def __init__(self): self.items = []", "b = candidate()\nb.items.append(3)\nassert b.items == [3]", OWN),
    "a default argument": ("def f(x, into=[]):\n    into.append(x)\n    return into", "a = candidate(1)\ncandidate(2)\nassert a == [1]", FAIL),
    "a default argument grows": ("def f(x, into=[]):\n    into.append(x)\n    return into", "a = candidate(1)\ncandidate(2)\nassert a == [1, 2]", OWN),
    "a cached list": ("from functools import lru_cache\n@lru_cache\ndef f(n): return list(range(n))", "candidate(2).append(9)\nassert candidate(2) == [0, 1]", FAIL),
    "a cached list that is left alone": ("memo = {}\ndef f(n):\n    if n not in memo: memo[n] = list(range(n))\n    return memo[n]", "assert candidate(2) == [0, 1]\nassert candidate(2) == [0, 1]", PASS),
    "an argument in a tuple": ("seen = []\ndef f(t):\n    seen.append(t)\n    return sum(len(x) for x, in seen)", "x = [1]\ncandidate((x,))\nx.append(2)\nassert candidate(([],)) == 1", FAIL),
    "an argument in a list": ("last = [[]]\ndef f(xs):\n    old, last[0] = last[0], xs[0]\n    return len(old)", "a = [[1]]\ncandidate(a)\na[0].append(2)\nassert candidate([[]]) == 2", OWN),
    "a part of the argument": ("def f(xs): return xs[0]", "a = [[1]]\ncandidate(a).append(2)\nassert a == [[1, 2]]", PASS),
    "the argument itself": ("def f(xs): xs.sort(); return xs", "a = [2, 1]\nassert candidate(a) is a and a == [1, 2]", PASS),
    "not the argument": ("def f(xs): return xs", "a = [2, 1]\nassert candidate(a) is not a", FAIL),
    "one list twice": ("def f(n): row = [0]; return [row] * n", "m = candidate(2)\nm[0].append(1)\nassert m == [[0, 1], [0]]", FAIL),
    "a recursive helper": ("def f(n):\n    out = []\n    def go(k):\n        if k: out.append(k); go(k - 1)\n    go(n)\n    return out", "assert candidate(3) == [3, 2, 1]", PASS),
    "a generator sees changes": ("def f(xs): return (x for x in xs)", "xs = [1]\ng = candidate(xs)\nxs.append(2)\nassert list(g) == [1, 2]", OWN),
    "a generator is left": ("log = []\ndef f(n):\n    for k in range(n): log.append(k); yield len(log)", "g = candidate(5)\nnext(g)\nassert next(candidate(5)) == 2", PASS),
    "the order of a dict": ("def f(d): d['a'] = d.pop('a')", "d = {'a': 1, 'b': 2}\ncandidate(d)\nassert list(d) == ['b', 'a']", PASS),
    "the order of a set": ("def f(xs):\n    s = set(range(40))\n    for x in range(39): s.discard(x)\n    s.update(xs)\n    return s", "assert list(candidate([8, 16, 0])) == list(candidate([8, 16, 0])) and len(candidate([1])) == 2", PASS),
    "nan in a list": ("def f(xs): return xs", "n = float('nan')\nassert candidate([n]) == [n]", OWN),
    "nan": ("def f(x): return float('nan')", "assert candidate(0) != candidate(0)", PASS),
    "minus zero": ("def f(x): return -x", "assert str(candidate(0.0)) == '-0.0'", PASS),
    "true and one": ("def f(x): return {True: 'a', 0: 'b'}", "assert candidate(0) == {1: 'a', False: 'b'}", PASS),
    "the same small text": ("def f(a, b): return a + b", "x = 'a b'\nassert candidate(x, '') is x", OWN),
    "random numbers": ("import random\ndef f(): return random.random()", "import random\nrandom.seed(0)\nassert candidate() == random.random()", FAIL),
    "random numbers of a seed": ("import random\ndef f(n):\n    return [random.randint(0, 9) for _ in range(n)]", "import random\nrandom.seed(4)\na = candidate(3)\nrandom.seed(4)\nassert a == candidate(3)", OWN),
}  # fmt: skip

CLASSES = {  # subclasses, classes as entry points, and what is no function
    "numpy's int": ("import numpy as np\ndef f(x): return np.int64(x)", "assert isinstance(candidate(3), int)", FAIL),
    "numpy's float": ("import numpy as np\ndef f(x): return np.float64(x)", "assert isinstance(candidate(3), float)", PASS),
    "numpy's truth": ("import numpy as np\ndef f(x): return np.array([x])[0] > 2", "assert candidate(3) is True", FAIL),
    "a list of its own": ("class L(list):\n    def __len__(self): return 7\ndef f(x): return L([1])", "assert len(candidate(0)) == 7", OWN),
    "a list of its own is none": ("class L(list):\n    def __eq__(self, other): return False\ndef f(x): return L([1])", "assert candidate(0) == [1]", FAIL),
    "a text of its own": ("class T(str):\n    def shout(self): return self.upper()\ndef f(x): return T(x)", "assert candidate('a').shout() == 'A'", OWN),
    "a dict of its own": ("class D(dict):\n    def __missing__(self, key): return 0\ndef f(x): return D()", "assert candidate(0)['z'] == 0", OWN),
    "equal objects": (STACK, "assert candidate([1]) == candidate([1])", OWN),
    "unequal objects": (STACK, "assert candidate([1]) != candidate([1])", FAIL),
    "smaller objects": (STACK, "assert candidate([1]) < candidate([2])", OWN),
    "class method": (STACK, "assert candidate.of(1, 2).items == [1, 2]", OWN),
    "class attribute": (STACK, "assert candidate.LIMIT == 5", OWN),
    "class attribute that is wrong": (STACK, "assert candidate.LIMIT == 6", FAIL),
    "item assignment": (STACK, "s = candidate([1])\ns[0] = 4\nassert s[0] == 4", OWN),
    "with": (STACK, "with candidate([1]) as s:\n    assert len(s) == 1\nassert len(s) == 0", OWN),
    "repr": (STACK, "assert repr(candidate([1])) == 'Stack([1])'", OWN),
    "hash": (STACK, "assert hash(candidate([1])) == 1", OWN),
    "membership": (STACK, "assert 1 in candidate([1]) and 2 not in candidate([1])", PASS),
    "slices": (STACK, "assert candidate([1, 2, 3])[1:] == [2, 3]", PASS),
    "isinstance of the entry point": (STACK, "assert isinstance(candidate([1]), candidate)", OWN),
    "methods in a chain": (STACK, "s = candidate().push(1).push(2)\nassert s.top == 2 and len(s) == 2", PASS),
    "a class of the tests'": ("def f(n):\n    t = 0\n    while n: t += n.v; n = n.n\n    return t", "class Node:\n    def __init__(self, v, n=None): self.v, self.n = v, n\nassert candidate(Node(1, Node(2))) == 3", OWN),
    "a class of the tests' that is read wrong": ("def f(n): return n.w", "class Node:\n    v = 1\nassert candidate(Node()) == 1", FAIL),
    "a data class": ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(x)", "assert candidate(1) == P(1)", OWN),
    "a callable object": ("class F:\n    n = 0\n    def __call__(self, x): self.n += 1; return x + self.n\nf = F()", "assert candidate(1) == 2 and candidate(1) == 3", PASS),
    "a coroutine": ("async def f(x): return x + 1", "import asyncio\nassert asyncio.run(candidate(1)) == 2", OWN),
    "a coroutine that is wrong": ("async def f(x): return x", "import asyncio\nassert asyncio.run(candidate(1)) == 2", FAIL),
    "threads of the program's": ("from concurrent.futures import ThreadPoolExecutor\ndef f(fn, xs):\n    with ThreadPoolExecutor(4) as pool: return list(pool.map(fn, xs))", "assert candidate(lambda v: v * v, list(range(40))) == [v * v for v in range(40)]", PASS),
    "threads of the tests'": ("def f(x): return x * x", "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n    assert list(pool.map(candidate, range(40))) == [x * x for x in range(40)]", PASS),
    "a sort by it": ("def f(x): return -x", "assert sorted([1, 3, 2], key=candidate) == [3, 2, 1]", PASS),
    "its name": ("def f(x): return x", "assert candidate.__name__ == 'f'", OWN),
    "what it cannot be given": ("def f(x): return x", "try: candidate()\nexcept TypeError as e: assert \"f() missing 1 required positional argument: 'x'\" in str(e)\nelse: assert False", PASS),
}  # fmt: skip

NAMES = {  # whose definitions count
    "its own name": ("def f(x): return x + 1", "assert f(3) == 4 and candidate is f", PASS),
    "a helper that is wrong": ("def g(s): return s\ndef f(s): return s[::-1]", "assert g(candidate('ab')) == 'ab'", FAIL),
    "a helper": ("def g(s): return s[::-1]\ndef f(s): return s[::-1]", "assert g(candidate('ab')) == 'ab'", PASS),
    "a helper that is missing": ("def f(s): return s[::-1]", "assert g(candidate('ab')) == 'ab'", FAIL),
    "a constant": ("LIMIT = 3\ndef f(x): return min(x, LIMIT)", "assert candidate(9) == LIMIT", PASS),
    "a built-in of its own": ("def sum(xs): return 0\ndef f(xs): return sum(xs)", "assert candidate([1]) == sum([1])", OWN),
    "a built-in by a star": ("from math import *\ndef f(x): return x ** 3", "assert type(pow(2, 3)) is float and candidate(2) == 8", OWN),
    "a check of its own": ("def check(x): return x + 1\ndef f(x): return check(x)", "assert candidate(1) == 2", FAIL),
    "a helper of the tests' by the same name": ("def g(x): return x + 1\ndef f(x): return g(x)", "def g(x): return 0\ndef check(candidate):\n    assert candidate(1) == 2", FAIL),
    "a helper that only the tests have": ("def f(x): return g(x)", "def g(x): return 7\ndef check(candidate):\n    assert candidate(1) == 7", OWN),
    "a module that only the tests import": ("def f(x): return math.sqrt(x)", "import math\ndef check(candidate):\n    assert candidate(4) == 2", OWN),
    "a module that both import": ("import math\ndef f(x): return math.sqrt(x)", "import math\ndef check(candidate):\n    assert candidate(4) == math.sqrt(4)", PASS),
    "a name out of the program's imports": ("from decimal import Decimal\ndef f(s): return Decimal(s)", "assert candidate('1.5') == Decimal('1.5')", PASS),
    "a name out of a star": ("from fractions import *\ndef f(s): return Fraction(s)", "assert candidate('1/2') == Fraction(1, 2)", PASS),
    "a built-in of the tests'": ("def f(xs): return len(xs)", "def len(x): return 3\ndef check(candidate):\n    assert candidate([]) == 3", OWN),
    "a check under an if": ("def f(x): return 0", "if True:\n    def check(candidate): assert candidate(3) == 4", FAIL),
    "unittest": ("def f(x): return 0", "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(f(3), 4)\ndef check(candidate): pass", "never_called"),
    "pytest's functions": ("def f(x): return 0", "def test_a(): assert f(3) == 4\ndef check(candidate): pass", "never_called"),
    "nothing": ("def f(x): return 0", "pass", "never_called"),
    "an empty loop": ("def f(x): return 0", "for x in []: assert candidate(x) == 1", "never_called"),
    "a test that fails before": ("def f(x): return 0", "assert False", FAIL),
}  # fmt: skip

RAISED = {  # exceptions
    "by its base": ("class Neg(ValueError): pass\ndef f(x): raise Neg('n')", "try: candidate(1)\nexcept ValueError as e: assert str(e) == 'n'\nelse: assert False", PASS),
    "by another base": ("class Neg(ValueError): pass\ndef f(x): raise Neg('n')", "try: candidate(1)\nexcept TypeError: pass\nelse: assert False", FAIL),
    "by its own class": ("class Neg(Exception):\n    def __init__(self, code): self.code = code\ndef f(x): raise Neg(x)", "try: candidate(1)\nexcept Neg as e: assert e.code == 1\nelse: assert False", PASS),
    "a method of its own": ("class Neg(Exception):\n    def twice(self): return 2 * self.args[0]\ndef f(x): raise Neg(x)", "try: candidate(2)\nexcept Exception as e: assert e.twice() == 4\nelse: assert False", OWN),
    "json": ("import json\ndef f(s): return json.loads(s)", "import json\ntry: candidate('{')\nexcept json.JSONDecodeError as e: assert e.pos == 1 and isinstance(e, ValueError)\nelse: assert False", PASS),
    "unicode": ("def f(b): return b.decode('utf-8')", "try: candidate(b'\\xff')\nexcept UnicodeDecodeError as e: assert e.start == 0 and e.reason == 'invalid start byte'\nelse: assert False", PASS),
    "arguments": ("def f(x): raise ValueError('bad', x)", "try: candidate(7)\nexcept ValueError as e: assert e.args == ('bad', 7)\nelse: assert False", PASS),
    "decimal's": ("from decimal import Decimal\ndef f(s): return Decimal(s)", "import decimal\ntry: candidate('x')\nexcept decimal.InvalidOperation: pass\nelse: assert False", PASS),
    "its cause": ("def f(x):\n    try: return 1 / x\n    except ZeroDivisionError as e: raise ValueError('zero') from e", "try: candidate(0)\nexcept ValueError as e: assert isinstance(e.__cause__, ZeroDivisionError)\nelse: assert False", PASS),
    "its type": ("class Key(KeyError): pass\ndef f(d): raise Key('k')", "try: candidate({})\nexcept Exception as e: assert type(e) is KeyError\nelse: assert False", FAIL),
    "an end of a loop": ("def f(x):\n    if x > 1: raise StopIteration\n    return x", "assert list(map(candidate, [0, 1, 2, 3])) == [0, 1]", OWN),
    "an exit": ("import sys\ndef f(x): sys.exit(3)", "try: candidate(0)\nexcept SystemExit as e: assert e.code == 3\nelse: assert False", OWN),
    "an exit that ends the tests": ("import sys\ndef f(x): sys.exit(0)", "candidate(0)\nassert False", FAIL),
    "an assertion of the program's": ("def f(x): assert x > 0, 'small'; return x", "try: candidate(0)\nexcept AssertionError as e: assert str(e) == 'small'\nelse: assert False", PASS),
    "out of the tests' function": ("def f(g):\n    try: return g()\n    except KeyError as e: return e.args", "def bad(): raise KeyError('k', 2)\nassert candidate(bad) == ('k', 2)", PASS),
    "an operating system's": ("def f(p): return open(p)", "try: candidate('/nowhere')\nexcept FileNotFoundError as e: assert e.errno == 2 and e.filename == '/nowhere'\nelse: assert False", PASS),
    "nothing is raised": ("def f(x): return x", "try: candidate(1)\nexcept ValueError: pass\nelse: assert False", FAIL),
    "changed although it raised": ("def f(xs): xs.clear(); raise KeyError('no')", "xs = [1]\ntry: candidate(xs)\nexcept KeyError: pass\nassert xs == []", PASS),
    "much recursion": ("def f(n): return 0 if n == 0 else 1 + f(n - 1)", "assert candidate(900) == 900", PASS),
}  # fmt: skip

ARRAYS = {  # numpy
    "of text": ("def f(a): return len(a)", "import numpy as np\nassert candidate(np.array(['a', 'b'])) == 2", PASS),
    "inside a result": ("import numpy as np\ndef f(n):\n    row = [n]\n    return {'names': np.array(['a']), 'first': row, 'second': row}", "assert candidate(3)['second'] == [3]", PASS),
    "in place": ("def f(a): a[0] = 9", "import numpy as np\na = np.array([1, 2])\ncandidate(a)\nassert a[0] == 9", PASS),
    "in place, a view": ("def f(a, b): a[0] = 9; return int(b[0])", "import numpy as np\na = np.array([1, 2])\nassert candidate(a, a[:1]) == 9", OWN),
    "empty": ("import numpy as np\ndef f(n): return np.zeros((0, n), 'f4')", "r = candidate(3)\nassert r.shape == (0, 3) and r.dtype.name == 'float32'", PASS),
    "without dimensions": ("import numpy as np\ndef f(x): return np.array(x)", "r = candidate(3)\nassert r.shape == () and r == 3", PASS),
    "of records": ("import numpy as np\ndef f(n): return np.array([(n, 'a')], dtype=[('n', 'i4'), ('s', 'U3')])", "r = candidate(1)\nassert r['s'][0] == 'a' and r['n'][0] == 1 and r.dtype.names == ('n', 's')", PASS),
    "of dates": ("import numpy as np\ndef f(n): return np.datetime64('2024-01-01') + np.arange(n)", "import numpy as np\nassert (candidate(2) == np.array(['2024-01-01', '2024-01-02'], 'M8[D]')).all()", PASS),
    "of objects": ("import numpy as np\ndef f(x): return np.array([x, 'a', None], object)", "r = candidate([1])\nassert r.dtype == object and r[0] == [1] and r[2] is None", PASS),
    "long doubles": ("import numpy as np\ndef f(x): return np.longdouble(x) / 3", "import numpy as np\nassert candidate(1) == np.longdouble(1) / 3", PASS),
    "a scalar's type": ("import numpy as np\ndef f(x): return np.float32(x)", "assert candidate(1).dtype.name == 'float32'", PASS),
    "its type": ("import numpy as np\ndef f(x): return [x]", "import numpy as np\nassert isinstance(candidate(1), np.ndarray)", FAIL),
    "close": ("import numpy as np\ndef f(xs): return np.cumsum(xs)", "import numpy as np\nassert np.allclose(candidate([1.0, 2.0]), [1.0, 3.0])", PASS),
}  # fmt: skip

WORLD = {  # what tests capture or set in their own process
    "standard output": ("def f(x): print(x)", "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out): candidate(3)\nassert out.getvalue() == '3\\n'", OWN),
    "no standard output": ("def f(x): print(x)", "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out): candidate(3)\nassert out.getvalue() == ''", FAIL),
    "standard input": ("def f(): return input()", "import io, sys\nsys.stdin = io.StringIO('hi')\nassert candidate() == 'hi'", OWN),
    "environment": ("import os\ndef f(): return os.environ.get('K')", "import os\nos.environ['K'] = 'v'\nassert candidate() == 'v'", OWN),
    "a file of the program's": ("def f(x): open('out.txt', 'w').write(x)", "candidate('abc')\nassert open('out.txt').read() == 'abc'", None),
    "a file of the tests'": ("def f(p): return open(p).read()", "open('in.txt', 'w').write('abc')\nassert candidate('in.txt') == 'abc'", OWN),
    "warnings": ("import warnings\ndef f(x): warnings.warn('old', DeprecationWarning); return x", "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    candidate(1)\nassert len(seen) == 1", OWN),
    "a decimal context": ("from decimal import Decimal\ndef f(): return Decimal(1) / 3", "import decimal\ndecimal.getcontext().prec = 3\nassert str(candidate()) == '0.333'", OWN),
    "a patched function": ("import time\ndef f(): return time.time()", "import time\ntime.time = lambda: 5\nassert candidate() == 5", OWN),
    "a module's state": ("import calendar\ndef f(): return calendar.firstweekday()", "import calendar\ncalendar.setfirstweekday(3)\nassert candidate() == 3", OWN),
}  # fmt: skip


def small_problems() -> dict[str, dict[str, tuple]]:
    """Those of small_problems.jsonl, by their groups and numbers."""
    found: dict[str, dict[str, tuple]] = {}
    for line in Path(__file__).with_name("small_problems.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        group = found.setdefault(f"small, {row['group']}", {})
        group[str(len(group) + 1)] = (row["program"], row["test"], row["status"])
    return found


PROBLEMS = {
    f"{group}: {name}": problem
    for group, problems in {
        "library": LIBRARY, "shared": SHARED, "classes": CLASSES, "names": NAMES, "raised": RAISED, "arrays": ARRAYS,
        "world": WORLD,
        **small_problems(),
    }.items()
    for name, problem in problems.items()
}  # fmt: skip
