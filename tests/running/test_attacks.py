"""Attacks on the verdict and on the machine, each with the honest program that passes next to it."""

# ruff: noqa: E501 (one attack a line)

import os
import resource
import socket
import time

import pytest

from procure_kit.problems.problem import Problem
from procure_kit.running.runner import TestResult, run_tests
from procure_kit.shipped import DATA
from procure_kit.validation.problem_names import load_problems

HONEST = "def f(x):\n    return x\n"
NOT_A_WIN = ("tests_fail", "crashed", "timeout", "memory", "refused", "needs_own_process")


def problem(test: str) -> Problem:
    return Problem("t", HONEST, "\n", f"def check(candidate):\n    {test}\n", "f")


DATA_OUT = problem("assert candidate([3, 1, {'a': (1.5, None, 'x')}]) == [3, 1, {'a': (1.5, None, 'x')}]")


def attack(program: str, test: Problem = DATA_OUT, **limits) -> TestResult:
    """Run the program, and then the honest one in the same worker, which must not suffer."""
    result = run_tests(program, test, **{"timeout": 1, "memory_mb": 256, **limits})
    honest = run_tests(HONEST, DATA_OUT)
    assert honest.passed, honest
    return result


VALUES = {"int": "7", "str": "'abc'", "float": "1.5", "list": "[1]", "dict": "{1: 2}", "tuple": "(1,)", "set": "{1}"}
YES = """
class Yes({base}):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    def __bool__(self): return True
    def __len__(self): return 1
    def __iter__(self): return iter({value})
    def __repr__(self): return {value!r}
    def __getattribute__(self, name): return (lambda *a: {value})
def f(x): return Yes()
"""


@pytest.mark.parametrize("base", [*VALUES, "object", "bytes", "bytearray", "frozenset", "complex"])
@pytest.mark.parametrize("kind", VALUES)
def test_always_equal_objects(base, kind):
    test = problem(f"value = candidate({VALUES[kind]})\n    assert value == {VALUES[kind]} and type(value) is {kind}")
    assert run_tests(HONEST, test).passed
    result = run_tests(YES.format(base=base, value=VALUES[kind]), test, timeout=1)
    assert result.status in ("tests_fail", "crashed", "needs_own_process"), result


PATCHES = {
    "json": "import json\njson.loads = json.dumps = lambda *a, **k: None",
    "json's encoder": 'import json.encoder as e\ne.JSONEncoder.encode = lambda *a: \'{"result": true, "objects": []}\'',
    "modules": "import sys\nfor name in list(sys.modules): sys.modules[name] = None",
    "boundary": "from procure_kit.running import boundary as b\nb.Peer.encode = lambda self, *a: ['list', [3]]",
    "replies": "from procure_kit.running import boundary as b\nb.Peer.answer = lambda self, m: self.channel.send({'result': 1})",
    "handles": "from procure_kit.running import boundary as b\nb.Peer.encode = lambda self, *a: ['yours', 0]",
    "pickles": "from procure_kit.running import boundary as b\nb.Peer.encode = lambda self, *a: ['pickle', 'cos\\nsystem\\n']",
    "socket": "import socket\nsocket.socket.send = lambda *a: 1",
    "struct": "import struct\nstruct.Struct.pack = None",
    "time": "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\ntime.sleep = lambda s: None",
    "exceptions": "import builtins\nbuiltins.Exception = builtins.AssertionError = builtins.TypeError = ()",
    "len and isinstance": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda x: 1",
    "import": "import builtins\nbuiltins.__import__ = lambda *a, **k: None",
    "exit hooks": "import os, sys\nsys.excepthook = sys.unraisablehook = lambda *a: os._exit(0)",
    "profile": "import sys, threading\nsys.setprofile(lambda *a: None)\nthreading.settrace(lambda *a: None)",
    "recursion": "import sys\nsys.setrecursionlimit(50)",
    "garbage": "import gc\ngc.get_objects().clear()\ngc.callbacks.append(lambda *a: 1 / 0)",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_patching_its_own_process_wins_nothing(patch):
    assert attack(f"{patch}\ndef f(x): return None").status in NOT_A_WIN


FRAMES = {
    "huge length": b"\xff\xff\xff\xff",
    "no JSON": b"\0\0\0\2{]",
    "no object": b"\0\0\0\2[]",
    "nested": b"\0\0\x4e\x20" + b"[" * 20000,
    "verdict": b'\0\0\0\x30{"status":"passed","detail":"","seconds":0.00001}',
    "assertion": b'\0\0\0\x38{"raise":"AssertionError","message":"","objects":[[],[]]}',
    "finished": b'\0\0\0\x32{"raise":"Finished","message":"passed","objects":[]}',
    "asks back": b'\0\0\0\x3f{"op":"getattr","on":0,"args":["__globals__"],"kwargs":{},"x":1}',
    "asks for ever": b'\0\0\0\x29{"op":"next","on":0,"args":[],"kwargs":{}}' * 5000,
    "short": b"\0\0\0\5{",
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_forged_messages(frame):
    program = f"import os\nos.write(3, {frame!r})\ndef f(x): return None\n"
    assert attack(program).status in NOT_A_WIN
    later = f"import os\ndef f(x):\n    for fd in range(3, 20):\n        try: os.write(fd, {frame!r})\n        except OSError: pass\n"
    assert attack(later).status in NOT_A_WIN


ENDLESS = {
    "bare except": "while True:\n        try:\n            while True: pass\n        except: pass",
    "sleep": "import time\n    time.sleep(1000)",
    "ignored signals": """import signal
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(number, signal.SIG_IGN)
    while True: pass""",
    "handled signals": """import signal
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(number, lambda *a: f(x))
    while True: pass""",
    "blocked signals": "import signal\n    signal.pthread_sigmask(0, range(1, 64))\n    while True: pass",
    "stops itself": "import os\n    os.kill(os.getpid(), 19)",
    "waits for input": "import os\n    os.read(3, 1)\n    while True: pass",
    "in C": "return 7 ** (7 ** 11)",
    "in a regular expression": "import re\n    re.match('(a+)+$', 'a' * 50 + 'b')",
    "children": "import os\n    while True:\n        if os.fork() == 0: break\n        os.wait()\n    while True: pass",
    "other process group": "import os\n    os.setsid() if os.fork() == 0 else 0\n    while True: pass",
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_endless_programs_end_in_time(body):
    start = time.monotonic()
    result = run_tests(f"def f(x):\n    {body}\n", DATA_OUT, timeout=0.4)
    assert result.status in ("timeout", "crashed", "tests_fail"), result
    assert time.monotonic() - start < 60
    assert run_tests(HONEST, DATA_OUT).passed


RESULTS = {
    "infinite generator": ("import itertools\ndef f(x): return itertools.count()", "assert list(candidate([])) == []"),
    "infinite iterator of itself": ("class A:\n    def __iter__(self): return self\n    def __next__(self): return self\ndef f(x): return A()", "assert list(candidate([])) == []"),
    "cyclic": ("def f(x): x.append(x); return x", "assert candidate([]) == [[]]"),
    "cyclic dict": ("def f(x): d = {}; d[1] = d; return d", "assert candidate([]) == {1: {}}"),
    "deep": ("def f(x):\n    for _ in range(10**5): x = [x]\n    return x", "assert candidate([]) == []"),
    "wide": ("def f(x): return [0] * 10**8", "assert candidate([]) == []"),
    "many digits": ("def f(x): return 1 << 10**8", "assert candidate([]) == 1"),
    "NaN": ("def f(x): return float('nan')", "assert candidate([]) == float('nan')"),
    "signalling NaN": ("from decimal import Decimal\ndef f(x): return Decimal('sNaN')", "assert candidate([]) == 1"),
    "lazy": ("class L(list):\n    def __iter__(self): return iter([1])\ndef f(x): return L()", "assert list(candidate([])) == [1]"),
    "lazy attribute": ("class L:\n    def __getattr__(self, n): return self\ndef f(x): return L()", "assert candidate([]).a.b == 1"),
    "close by its shape": ("def f(x): return []", "import numpy\n    assert numpy.allclose(candidate([1.5]), 1.5)"),
    "its own exception": ("class AssertionError(Exception): pass\ndef f(x): raise AssertionError('x')", "assert candidate([]) == 1"),
    "endless message": ("class E(Exception):\n    def __str__(self):\n        while True: pass\ndef f(x): raise E", "assert candidate([]) == 1"),
    "broken message": ("class E(Exception):\n    def __str__(self): raise E\ndef f(x): raise E", "assert candidate([]) == 1"),
    "long message": ("def f(x): raise ValueError('x' * 10**7)", "assert candidate([]) == 1"),
    "other name": ("class E(Exception): pass\nE.__name__ = 'Finished'\ndef f(x): raise E('passed')", "assert candidate([]) == 1"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "test"), RESULTS.values(), ids=RESULTS)
def test_strange_results(program, test):
    result = attack(program, problem(test), memory_mb=1024)
    assert result.status in NOT_A_WIN, result
    assert len(result.detail) < 2000


def test_hashing_what_is_returned_can_be_made_to_last():
    """Integers with one hash make a set quadratic, in C code that no signal interrupts."""
    program = "def f(x): return {k * (2**61 - 1) for k in range(8)} if x else [['set']]\n"
    program += "from procure_kit.running import boundary as b\n"
    program += "b.Peer.encode = lambda self, *a: ['set', [['int', hex(k * (2**61 - 1))] for k in range(1, 300_000)]]\n"
    start = time.monotonic()
    result = run_tests(program, DATA_OUT, timeout=0.5)
    assert result.status in ("timeout", "crashed"), result
    assert time.monotonic() - start < 60
    assert run_tests(HONEST, DATA_OUT).passed


BOMBS = {
    "memory": ("x = []\n    while True: x.append(bytearray(10**7))", "memory"),
    "memory of children": (
        "import os, time\n    for _ in range(20):\n        if os.fork() == 0:\n            y = bytearray(10**8)\n"
        "            for i in range(0, 10**8, 4096): y[i] = 1\n            time.sleep(60)\n    time.sleep(60)",
        "memory",
    ),
    "threads": ("import threading, time\n    while True: threading.Thread(target=time.sleep, args=[60]).start()", ""),
    "forks": ("import os\n    while True:\n        try: os.fork()\n        except OSError: pass", ""),
    "recursion": ("return f(x)", "tests_fail"),
    "C stack": ("import sys\n    sys.setrecursionlimit(10**9)\n    return f(x)", ""),
    "C stack by repr": ("class D:\n        def __repr__(self): return repr(self)\n    import sys\n    sys.setrecursionlimit(10**9)\n    repr(D())", ""),
    "parser": ("return eval('(' * 10**6)", ""),
    "segfault": ("import ctypes\n    ctypes.memset(0, 1, 1)", "crashed"),
    "abort": ("import os\n    os.abort()", "crashed"),
    "stack of a thread": ("import threading\n    threading.stack_size(2**40)", ""),
    "output": ("while True: print('x' * 10**6)", "timeout"),
    "files": ("n = 0\n    while True:\n        n += 1\n        open(str(n), 'w').write('x' * 10**6)", ""),
    "folders": ("import os\n    while True:\n        os.mkdir('d' * 200)\n        os.chdir('d' * 200)", ""),
    "one file": ("file = open('x', 'w')\n    while True: file.write('x' * 10**6)", ""),
    "descriptors": ("import os\n    while True: os.dup(3)", "tests_fail"),
    "pipes": ("import os, time\n    ends = []\n    while True: ends.append(os.pipe())", "refused"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BOMBS.values(), ids=BOMBS)
@pytest.mark.slow
def test_bombs(body, status):
    result = attack(f"def f(x):\n    {body}\n", timeout=6 if status == "memory" else 1.5)  # a busy machine forks slowly
    assert result.status in ((status,) if status else NOT_A_WIN), result


@pytest.fixture
def namespaces():
    if run_tests(HONEST, DATA_OUT).isolation != "namespaces":
        pytest.skip("this system forbids namespaces")


def seen(body: str, argument: object = 0) -> object:
    """What `def f(x): <body>` returns, by way of an assert that fails and says so."""
    program = "import ctypes, os, sys, socket\ndef f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    result = run_tests(program, problem(f"assert candidate({argument!r}) == 'yes'"), timeout=3)
    return "yes" if result.passed else result.detail.split(" returned ")[-1]


CALL = "libc = ctypes.CDLL(None, use_errno=True)\nreturn 'no' if libc.{} < 0 else 'yes'"
REACH = {
    "traces its parent": CALL.format("ptrace(16, os.getppid(), 0, 0)"),
    "reads its parent's memory": CALL.format("process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)"),
    "has a /proc": "return 'yes' if os.path.exists('/proc/self') else 'no'",
    "mounts a /proc": CALL.format("mount(b'proc', b'/tmp', b'proc', 0, 0)"),
    "makes namespaces": CALL.format("unshare(0x10000000)"),
    "limits its parent": "import resource\ntry: resource.prlimit(os.getppid(), 0, (1, 1))\nexcept OSError: return 'no'\nreturn 'yes'",
    "slows its parent": "try: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)\nexcept OSError: return 'no'\nreturn 'yes'",
    "memory without a limit": "try: os.memfd_create('x')\nexcept OSError: return 'no'\nreturn 'yes'",
    "shared memory": CALL.format("shmget(1, 4096, 0o1666)"),
    "kills everybody": "try: os.kill(-1, 9)\nexcept OSError: return 'no'\nreturn 'no'",
    "interrupts its parent": "import time\nos.kill(1, 2) if os.geteuid() == os.stat('/').st_uid else 0\ntime.sleep(.1)\nreturn 'no'",
    "sends out": "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))\nexcept OSError: return 'no'\nreturn 'yes'",
    "sees interfaces": "return 'yes' if {n for _, n in socket.if_nameindex()} - {'lo', 'tunl0', 'sit0', 'ip6tnl0', 'gre0', 'gretap0', 'erspan0', 'ip_vti0', 'ip6_vti0', 'ip6gre0'} else 'no'",
    "opens a raw socket": "try: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nexcept OSError: return 'no'\nreturn 'yes'",
    "is root": "return 'yes' if os.access('/usr', os.W_OK) or 0 in os.getgroups() and os.geteuid() == 0 and os.access('/', os.W_OK) else 'no'",
    "other descriptors": "return 'yes' if [fd for fd in range(4, 64) if not libc(fd)] else 'no'\n".replace("libc(fd)", "ctypes.CDLL(None).fcntl(fd, 1)"),
    "sets itself free": "import signal\nsignal.signal(signal.SIGKILL, signal.SIG_IGN)\nreturn 'yes'",
}  # fmt: skip


@pytest.mark.parametrize("body", REACH.values(), ids=REACH)
def test_what_is_out_of_reach(body, namespaces):
    assert seen(body) != "yes"
    assert seen("return 'yes'") == "yes"


def test_abstract_sockets_of_the_machine(namespaces):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0procure-kit-test-" + str(os.getpid()))
        server.listen()
        body = "try: socket.socket(socket.AF_UNIX).connect(x)\nexcept OSError: return 'no'\nreturn 'yes'"
        assert seen(body, server.getsockname().decode()) == "'no'"
        with socket.socket(socket.AF_UNIX) as here:
            here.connect(server.getsockname())


@pytest.mark.extras
def test_the_answers_that_packages_bring_are_hidden(namespaces):
    from procure_kit.problems.sets import SETS, locate

    for name in ("humaneval", "cruxeval", "codeio"):
        path = str(locate(name)[0])
        assert os.path.getsize(path) > 1000 and SETS[name].package
        assert seen("try: open(x, 'rb')\nexcept OSError: return 'no'\nreturn 'yes'", path) == "'no'"


def test_limits_are_never_raised_above_the_hard_ones(monkeypatch):
    from procure_kit.running.isolation import limits

    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (5, 5))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: asked.append(limits))
    limits.limit(cpu_seconds=100, memory_mb=1000, processes=1000)
    assert len(asked) == 6
    assert all(soft <= 5 and hard <= 5 for soft, hard in asked)


SEARCH = """
def f(x):
    import gc, sys
    frame, seen, queue = sys._getframe(1), set(), gc.get_objects() + list(sys.modules.values())
    while frame:
        queue += [frame.f_locals, frame.f_globals, frame.f_code]
        frame = frame.f_back
    while queue:
        item = queue.pop()
        if id(item) in seen: continue
        seen.add(id(item))
        if type(item) is str and '-'.join(['xyzzy', 'expected']) in item: return 'found'
        queue += gc.get_referents(item)
    return len(seen) > 10_000
"""


def test_expected_values_are_nowhere_among_the_programs_objects():
    """Not in frames, code, modules, or anything that the collector knows; what is sent with a call is found."""
    asked = [
        attack(SEARCH, problem(f"assert candidate({arg!r}) == 'xyzzy-expected'"), timeout=5)
        for arg in (0, "xyzzy-expected")
    ]
    assert "returned True" in asked[0].detail
    assert "returned 'found'" in asked[1].detail


def test_programs_that_read_input_cannot_leave_anything_to_the_next_case(namespaces):
    contest = next(p for p in load_problems(DATA / "codecontests.jsonl") if "Even" in p.task_id)
    lasting = "import os\nopen('/tmp/x', 'a').write('1')\nprint('YES' if os.path.getsize('/tmp/x') == 1 else 'NO')"
    assert run_tests(contest.program, contest).passed
    assert run_tests(lasting, contest).status == "tests_fail"  # each case sees a fresh folder, so it always says YES
