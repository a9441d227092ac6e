"""More attacks, most on the side that judges: none wins, none ends a worker, and what is said of it fits on a line."""

# ruff: noqa: E501 (one attack a line)

import time

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import TestResult, run_tests
from tests.running.test_attacks import DATA_OUT, HONEST, NOT_A_WIN, problem

TRUSTED = ("worker died", "surroundings died", "judging it raised")  # what must never be said


def attack(program: str, test: Problem = DATA_OUT, honest: str = HONEST, **limits) -> TestResult:
    """Run the program, and then the honest one in the same worker, by the same tests."""
    start = time.monotonic()
    result = run_tests(program, test, **{"timeout": 2, "memory_mb": 512, **limits})
    assert result.status in NOT_A_WIN, result
    assert time.monotonic() - start < result.limit + 60
    assert len(result.detail) <= 2000 and result.detail.isprintable(), result
    assert not any(words in result.detail for words in TRUSTED), result
    assert run_tests(honest, test).passed
    return result


LIES = "    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    __hash__ = lambda self: 1\n"
EQUAL = {
    "a __class__ that lies": ("class Y:\n    __class__ = property(lambda self: int)\n" + LIES + "def f(x): return Y()", "assert candidate(7) == 7"),
    "a __class__ that lies in a list": ("class Y:\n    __class__ = property(lambda self: str)\n" + LIES + "def f(x): return [Y()]", "assert candidate(['a']) == ['a']"),
    "a metaclass": ("class M(type):\n    def __instancecheck__(c, o): return True\n" + LIES + "class Y(metaclass=M):\n" + LIES + "def f(x): return Y", "assert candidate(3) == 3"),
    "a metaclass with a number for a name": ("class M(type): __name__ = 5\nclass Y(metaclass=M): __name__ = 5\ndef f(x): return Y()", "assert candidate(3) == 3"),
    "every conversion": ("class Y(int):\n    def __index__(self): return 7\n    __int__ = __float__ = __index__\n    def __reduce__(self): return (int, (7,))\n    def __str__(self): return '7'\n    __repr__ = __str__\n" + LIES + "def f(x): return Y(0)", "value = candidate(7)\n    assert int(value) == 7 and str(value) == '7'"),
    "inside containers": ("class Y(str):\n" + LIES + "def f(x): return {Y('q'): (Y('q'), [Y('q')])}", "assert candidate({'a': ('a', ['a'])}) == {'a': ('a', ['a'])}"),
    "an enumeration": ("import enum\nclass Y(enum.IntEnum):\n    A = 1\n" + LIES + "def f(x): return Y.A", "assert candidate(5) == 5"),
    "a named tuple": ("import typing\nclass N(typing.NamedTuple):\n    a: int\nclass Y(N):\n" + LIES + "def f(x): return Y(9)", "assert candidate((1,)) == (1,)"),
    "mock.ANY": ("from unittest.mock import ANY\ndef f(x): return ANY", "assert candidate(3) == 3"),
    "NotImplemented": ("def f(x): return NotImplemented", "assert candidate(3) == 3"),
    "a chain of maps": ("import collections\nclass Y(collections.ChainMap):\n" + LIES + "def f(x): return Y()", "assert candidate({1: 2}) == {1: 2}"),
    "a weak reference": ("import weakref\nclass L(list):\n" + LIES + "kept = L()\ndef f(x): return weakref.proxy(kept)", "assert candidate([1]) == [1]"),
    "order": ("class Y:\n    __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True\ndef f(x): return Y()", "assert 3 <= candidate(3) <= 3"),
    "differences": ("class Y:\n    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0\n    __float__ = lambda self: 3.0\ndef f(x): return Y()", "assert abs(candidate(3.0) - 3.0) < 1e-6"),
    "membership": ("class Y:\n    __contains__ = lambda *a: True\n    __iter__ = lambda self: iter([])\ndef f(x): return Y()", "assert 3 in candidate([3])"),
    "no list, but its length": ("class Y(list):\n    def __len__(self): return 2\ndef f(x): return Y()", "assert len(candidate([1, 2])) == 2"),
    "another list each time": ("class Y:\n    n = 0\n    def __iter__(self): self.n += 1; return iter([1, 2][: self.n - 1])\n    def __len__(self): return 2\ndef f(x): return Y()", "value = candidate([1, 2])\n    assert len(value) == 2 and list(value) == [1, 2]"),
    "truth that is none": ("class Y:\n    def __bool__(self): return 5\ndef f(x): return Y()", "assert candidate(3)"),
    "a coroutine": ("async def f(x): return x", "assert candidate(3) == 3"),
    "bytes": ("def f(x): return x.encode()", "assert candidate('a') == 'a'"),
    "halves of a surrogate pair": ("def f(x): return '\\ud800\\udc00'", "assert candidate('\\U00010000') == '\\U00010000'"),
    "minus zero": ("def f(x): return -x", "assert str(candidate(0.0)) == '0.0'"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "test"), EQUAL.values(), ids=EQUAL)
def test_nothing_is_equal_to_everything(program, test):
    attack(program, problem(test))


NUMPY = "import numpy as np\n    assert {}"
CLOSE = {
    "nothing": ("def f(x): return []", "np.isclose(candidate(1.5), 1.5).all()"),
    "nothing, by keywords": ("def f(x): return []", "np.allclose(a=candidate(1.5), b=1.5, atol=1e-6)"),
    "an array of nothing": ("import numpy\ndef f(x): return numpy.zeros((0, 3))", "np.allclose(candidate(1.5), 1.5)"),
    "a size that lies": ("class Y:\n    size = 1\n    def __len__(self): return 0\n    def __getitem__(self, i): raise IndexError\ndef f(x): return Y()", "np.allclose(candidate(1.5), 1.5)"),
    "an array interface": ("class Y:\n    __array_interface__ = {'shape': (0,), 'typestr': '<f8', 'version': 3}\n    shape, dtype = (), float\n    def __len__(self): return 0\ndef f(x): return Y()", "np.allclose(candidate(1.5), 1.5)"),
    "infinity on the right": ("def f(x): return float('inf')", "np.allclose(1.5, candidate(1.5))"),
}  # fmt: skip


@pytest.mark.extras
@pytest.mark.parametrize(("program", "test"), CLOSE.values(), ids=CLOSE)
def test_nothing_is_close_to_everything(program, test):
    attack(program, problem(NUMPY.format(test)))


ENDS = {
    "map": "assert all(map(lambda x: candidate(x) == x, [1, 2]))",
    "zip": "for got, right in zip(map(candidate, [1, 2]), [1, 2]):\n        assert got == right",
    "iter": "given = [2, 1]\n    for got in iter(lambda: candidate(given.pop() if given else 0), 0):\n        assert got != 0\n    assert not given",
}


@pytest.mark.parametrize("test", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("error", ["StopIteration", "StopAsyncIteration", "GeneratorExit", "Own"])
def test_an_exception_does_not_end_the_tests_unseen(test, error):
    result = attack(f"class Own(StopIteration): pass\ndef f(x): raise {error}", problem(test))
    assert f"raised {error}" in result.detail


CANNOT = ["callable(candidate({0}))", "hasattr(candidate({0}), '__iter__')", "hasattr(candidate({0}), '__len__')"]
CAN = "class Y:\n    def __call__(self): pass\n    def __iter__(self): return iter(())\n    def __len__(self): return 0\n    def __getitem__(self, i): pass\n    __next__ = __call__\n"


@pytest.mark.parametrize("test", CANNOT)
def test_an_object_can_there_what_it_can_here(test):
    result = attack(
        "class Y: pass\ndef f(x): return Y()", problem(f"assert {test.format(3)}"), CAN + "def f(x): return Y()"
    )
    assert result.status == "tests_fail"


B = "from procure_kit.running import boundary as b\n"
ENCODES = B + "b.Peer.encode = lambda self, *a: {}\ndef f(x): return 0"
ANSWERS = B + "b.Peer.answer = lambda self, m: self.channel.send({})\ndef f(x): return 0"
PROTOCOL = {
    "the oracle's last object": ENCODES.format("['yours', -1]"),
    "a fraction of many digits": ENCODES.format("['fraction', '1e999999999']"),
    "a decimal of many digits": ENCODES.format("['decimal', '1e999999999']"),
    "a type of no array": ENCODES.format("['array', '<f99', ['list', []]]"),
    "an array of bounds": ENCODES.format("['array', '<f8', ['range', '0x0', '0x5', '0x0']]"),
    "a long kind": ENCODES.format("['handle', 0, 'x' * 10**6, []]"),
    "what no handle can": ENCODES.format("['handle', 0, 'x', ['__eq__', [], 3]]"),
    "other objects": ANSWERS.format("{'result': 1, 'objects': [[1, ['x', 1]]]}"),
    "no objects": ANSWERS.format("{'result': 1, 'objects': True}"),
    "lost objects": ANSWERS.format("{'result': 1, 'objects': [], 'lost': True}"),
    "an odd exception": ANSWERS.format("{'raise': ['a'], 'message': {'x': 1}, 'objects': [[]]}"),
    "a group of exceptions": "def f(x): raise ExceptionGroup('a', [ValueError()])",
    "an exception that ends": ANSWERS.format("{'raise': 'Finished', 'message': 'passed', 'objects': [[]]}"),
    "lists in lists": "def f(x):\n    for _ in range(9): x = [x] * 20\n    return x",
    "a tuple in itself": "def f(x):\n    x.append((x,))\n    return x[-1]",
    "replies before the questions": "import os, struct, json\ndef f(x):\n    data = json.dumps({'result': ['list', []], 'objects': [[]]}).encode()\n    for _ in range(9): os.write(3, struct.pack('!I', len(data)) + data)",
    "what it was handed over": "import os, struct, json\ndata = json.dumps({'status': 'passed', 'found': {'f': [0]}}).encode()\nos.write(3, struct.pack('!I', len(data)) + data)\nos._exit(0)",
    "a long reason": "import os, struct, json\ndata = json.dumps({'status': 'memory', 'detail': 'x' * 10**6}).encode()\nos.write(3, struct.pack('!I', len(data)) + data)",
    "a pipe for its channel": "import os\nos.dup2(os.pipe()[0], 3)\ndef f(x): return 0",
    "drops": "import os, time\ndef f(x):\n    for _ in range(9): os.write(3, b'\\0'); time.sleep(.01)\n    os._exit(0)",
    "later": "import threading, os, time\ndef late():\n    time.sleep(.02)\n    os.write(3, b'\\0\\0\\0\\2{}')\nthreading.Thread(target=late, daemon=True).start()\ndef f(x): time.sleep(.1)",
    "frames": "import sys\ndef f(x):\n    frame = sys._getframe(1)\n    while frame:\n        for value in list(frame.f_locals.values()):\n            if isinstance(value, dict): value.update(result=['list', []], objects=[[]])\n        frame = frame.f_back",
    "its own functions": "import gc, types\ndef f(x):\n    for o in gc.get_objects():\n        if isinstance(o, types.FunctionType) and o.__name__ in ('answer', 'send', 'encode'):\n            o.__code__ = (lambda *a, **k: None).__code__",
    "audit": "import os, sys\nsys.addaudithook(lambda event, *a: os._exit(0) if event != 'object.__getattr__' else 0)\ndef f(x): return 0",
    "a timer": "import signal\nsignal.setitimer(signal.ITIMER_REAL, .001, .001)\ndef f(x):\n    while True: pass",
    "raises a long text": "raise ValueError('x' * 10**6)",
    "raises what cannot speak": "class E(BaseException):\n    def __str__(self): raise self\nraise E",
    "raises what cannot speak later": "class E(Exception):\n    def __str__(self): return 5\ndef f(x): raise E",
    "commands a terminal": "raise ValueError('\\x1b[2J\\nPASSED\\r\\ud800')",
    "an object for the function": "class D:\n    def __get__(self, *a): return lambda x: x\n    def __call__(self, x): return 0\nf = D()",
    "its finalizer": "import os\nclass D:\n    def __del__(self): os._exit(0)\ndef f(x): D()",
    "another program": "import os, sys\ndef f(x): os.execv(sys.executable, [sys.executable, '-S', '-c', 'import os; os.write(3, b\"x\")'])",
}  # fmt: skip


@pytest.mark.parametrize("program", PROTOCOL.values(), ids=PROTOCOL)
def test_whatever_it_says(program):
    attack(program)


FLOODS = {
    "what is offered": B
    + "def answer(self, m):\n    while True: self.channel.send({'op': 'call', 'on': 0, 'args': [], 'kwargs': {}})\nb.Peer.answer = answer\ndef f(x): return 0",
    "what is slow": "def f(g):\n    while True:\n        try: g()\n        except BaseException: pass",
}
ASKED = problem("assert candidate(lambda: sum(range(10**5))) == 4999950000")


@pytest.mark.parametrize("program", FLOODS.values(), ids=FLOODS)
def test_no_flood_of_questions_outlasts_the_time(program):
    result = attack(program, ASKED, honest="def f(g): return g()", timeout=0.5)
    assert result.status in ("timeout", "tests_fail") and result.seconds < 30


EXPLAINED = {
    "a name of another frame": "z = [1, 2]\n    assert [candidate(x) for x in [1, 2]] == [z[0], z[1]]",
    "an attribute": "value = candidate(3)\n    assert 3 == (value if isinstance(value, int) else value.v)",
}


@pytest.mark.parametrize("test", EXPLAINED.values(), ids=EXPLAINED)
def test_a_failure_that_cannot_be_explained_whole_is_one_all_the_same(test):
    raises = "class Y:\n    n = 0\n    @property\n    def v(self):\n        self.n += 1\n        return 1 / (self.n - 2)\ndef f(x): return Y() if x == 3 else 1 / 0"
    assert attack(raises, problem(test)).status == "tests_fail"


LEFT = {
    "links": "import os\ndef f(x):\n    os.symlink('/etc', 'e'); os.symlink('nowhere', 'n'); os.mkfifo('p'); os.mkdir('a'); os.symlink('../a', 'a/up')",
    "names": "import os\ndef f(x):\n    open(b'\\xff\\xfe', 'w'); open('-rf', 'w'); open('a\\nb', 'w'); os.mkdir('z', 0); os.mkdir('...')",
    "names that tidying takes": "import os\nfrom procure_kit.running import zygote\nfrom procure_kit.running.isolation import folder, limits, namespaces, privileges\nfor name in [str(v) for m in (folder, limits, namespaces, privileges, zygote) for v in vars(m).values() if type(v) is str and '/' not in v and v]:\n    for n in range(1, 9): os.makedirs(f'{name[:99]}{n}/x/y', exist_ok=True)\ndef f(x): return 0",
    "a giant with holes": "import os\ndef f(x):\n    with open('x', 'wb') as file: file.seek(10**12); file.write(b'1')",
    "all inodes": "def f(x):\n    for n in range(10**6): open(str(n), 'w').close()",
    "a locked folder": "import os\ndef f(x):\n    os.makedirs('a/b'); os.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)",
    "descendants": "import ctypes, os, time\ndef f(x):\n    ctypes.CDLL(None).prctl(36, 1); ctypes.CDLL(None).prctl(1, 0)\n    for _ in range(9):\n        if os.fork() == 0: os.setsid(); time.sleep(60)",
}  # fmt: skip


@pytest.mark.parametrize("program", LEFT.values(), ids=LEFT)
def test_whatever_it_leaves(program):
    attack(program)
    assert run_tests("import os\ndef f(x): return x if not os.listdir() else None", DATA_OUT).passed
