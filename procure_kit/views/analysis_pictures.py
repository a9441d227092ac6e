"""What the analysis sees, drawn over the code: the control-flow graph of a function, and its definition–use arrows.

    pk.control_flow_picture(source), pk.definition_use_picture(source, "function", "variable")

Both are taken from the graph that the concepts use (`flow`): its points are the names a line reads and writes, so a
line that names nothing of the function's own has none. Each picture is one SVG on paper of its own; a page that has
a dark side gives its own colours by `--flow-paper`, `--flow-ink`, `--flow-faint` and `--flow-0` to `--flow-5`.
"""

from collections.abc import Iterable
from html import escape

from procure_kit.analysis.analysis import Analysis, analyse
from procure_kit.analysis.flow import Flow
from procure_kit.analysis.scopes import Scope
from procure_kit.views.still import Picture

CHARACTER, LINE, TOP = 7.8, 34, 14  # pixels
COLOURS = ("#0b62a4", "#b3261e", "#1b7a35", "#8a4b00", "#6a3fb5", "#00727a")  # at least 4.5 : 1 on the paper
INKS = tuple(f"var(--flow-{number},{colour})" for number, colour in enumerate(COLOURS))
PAPER, INK, FAINT = "var(--flow-paper,#fffdf7)", "var(--flow-ink,#1a1a1a)", "var(--flow-faint,#6a6a6a)"
HALO = f'stroke="{PAPER}" stroke-width="3" paint-order="stroke"'  # code stays legible where an arrow runs behind it
_HEAD = '<marker id="head{0}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
_HEAD += '<path d="M0 0 L8 4 L0 8 z" fill="{1}"/></marker>'


def control_flow_picture(source: str, function: str | int | None = None) -> Picture:
    """Which line may run after which, in one function. A blue arrow leads on, a red one back.

    function: its name, or the place of a character in it (outside of all, the next one's); the first by default.

    Raises: ValueError for a source that cannot be read, or without such a function.
    """
    analysis, scope = _function(source, function)
    edges = line_edges(analysis, analysis.flow(scope))
    first, last = _lines(analysis, scope)
    lanes = _lanes([edge for edge in edges if abs(edge[1] - edge[0]) > 1 or edge[1] <= edge[0]])
    left = 30 + 11 * (1 + max(lanes.values(), default=0))
    paper = _Paper(analysis, first, last, left + 14)
    for start, end in edges:
        ink = INKS[1] if end <= start else INKS[0]
        y, z = paper.middle(start), paper.middle(end)
        if (start, end) not in lanes:
            paper.arrow(f"M{left} {y + 7} L{left} {z - 8}", ink, f"line {start} to line {end}")
        else:
            x = left - 14 - 11 * lanes[start, end]
            y, z = (y + 4, z - 4) if end > start else (y - 4, z + 4)
            paper.arrow(f"M{left - 5} {y} H{x + 6} Q{x} {y} {x} {(y + z) / 2} Q{x} {z} {x + 6} {z} H{left - 6}", ink,
                        f"line {start} to line {end}")  # fmt: skip
    for line in {line for edge in edges for line in edge}:
        paper.shapes.append(f'<circle cx="{left}" cy="{paper.middle(line)}" r="4" fill="{INK}"/>')
    text = "\n".join(f"line {start} → line {end}" for start, end in edges)
    title = f"control-flow graph of {scope.node.name.value}"
    return Picture(paper.svg(title), text, title)


def definition_use_picture(source: str, function: str | int | None = None, variable: str | None = None) -> Picture:
    """From each definition an arrow to each use that it may reach, one colour a variable (default: all of them).

    function: as for `control_flow_picture`.

    Raises: ValueError for a source that cannot be read, or without such a function or variable.
    """
    analysis, scope = _function(source, function)
    flow, (first, last) = analysis.flow(scope), _lines(analysis, scope)
    if variable is not None and variable not in scope.variables:
        raise ValueError(f"{scope.node.name.value} has no variable {variable!r}: {', '.join(scope.variables)}")
    paper, told = _Paper(analysis, first, last, 44), []
    for number, (name, found) in enumerate(scope.variables.items()):
        ink = INKS[number % len(INKS)]
        if variable not in (None, name):
            continue
        for use in sorted((o for o in found.occurrences if o in flow.at), key=lambda o: o.span):
            paper.underline(use.span, ink)
            if use.kind not in ("load", "update", "delete"):
                continue
            for definition in sorted(flow.reaching(use)[0], key=lambda o: o.span):
                lines = [analysis.tree.line(o.span[0]) for o in (definition, use)]
                paper.arc(definition.span, use.span, ink, f"{name}: line {lines[0]} reaches line {lines[1]}")
                told.append(f"{name}: line {lines[0]} → line {lines[1]}")
    title = f"definitions and uses in {scope.node.name.value}"
    return Picture(paper.svg(title), "\n".join(dict.fromkeys(told)), title)


def line_edges(analysis: Analysis, flow: Flow) -> list[tuple[int, int]]:
    """Pairs of lines, from 1, the second of which may run right after the first."""
    line = [None if e.occurrence is None else analysis.tree.line(e.occurrence.span[0]) for e in flow.events]
    for number, loop in flow.heads.items():
        line[number] = analysis.tree.line(analysis.tree.span(loop.target)[0])
    edges = set()
    for number, here in enumerate(line):
        stack, seen = list(flow.before[number]) if here is not None else [], set()
        while stack:
            previous = stack.pop()
            if previous in seen:
                continue
            seen.add(previous)
            if line[previous] is None:  # where paths only meet
                stack += flow.before[previous]
            elif line[previous] != here or previous >= number:
                edges.add((line[previous], here))
    return sorted(edges)


def _function(source: str, wanted: str | int | None) -> tuple[Analysis, Scope]:
    analysis = analyse(source)
    found = analysis.functions
    if isinstance(wanted, str):
        found = [scope for scope in found if scope.node.name.value == wanted]
    elif wanted is not None:  # two methods may have one name: a place tells them apart
        found = [scope for scope in found if wanted < analysis.tree.span(scope.node)[1]] or found
    if not found:
        name = f"{wanted!r}" if isinstance(wanted, str) else "to draw"
        raise ValueError(f"the source has no function {name}")
    return analysis, found[0]


def _lines(analysis: Analysis, scope: Scope) -> tuple[int, int]:
    start, end = analysis.tree.span(scope.node)
    return analysis.tree.line(start), analysis.tree.line(max(start, end - 1))


def _lanes(edges: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How far to the left each arrow runs: short ones inside, and none over another."""
    lanes: dict[tuple[int, int], int] = {}
    for edge in sorted(edges, key=lambda edge: abs(edge[1] - edge[0])):
        low, high = sorted(edge)
        taken = {lane for (a, b), lane in lanes.items() if min(a, b) <= high and low <= max(a, b)}
        lanes[edge] = next(lane for lane in range(len(lanes) + 1) if lane not in taken)
    return lanes


class _Paper:
    """Code lines `first` to `last` at fixed places, and what is drawn over them."""

    def __init__(self, analysis: Analysis, first: int, last: int, left: float):
        self.tree, self.first, self.left = analysis.tree, first, left
        lines = analysis.source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
        self.code = [line.replace("\t", " ").replace("\f", " ") for line in lines[first - 1 : last]]
        self.shapes: list[str] = []
        self.used: set[str] = set()

    def middle(self, line: int) -> float:
        return TOP + (line - self.first) * LINE + LINE / 2

    def place(self, span) -> tuple[float, float, float]:
        """Left, right and the baseline of a name."""
        line = self.tree.line(span[0])
        source = self.tree.source
        start = max(source.rfind("\n", 0, span[0]), source.rfind("\r", 0, span[0])) + 1
        x = self.left + (span[0] - start - (start == 0 and source.startswith("\ufeff"))) * CHARACTER
        return x, x + (span[1] - span[0]) * CHARACTER, self.middle(line) + 4

    def underline(self, span, ink: str) -> None:
        x, end, y = self.place(span)
        self.shapes.append(f'<path d="M{x:.1f} {y + 4} H{end:.1f}" stroke="{ink}" stroke-width="2"/>')

    def arc(self, one, other, ink: str, title: str) -> None:
        """Below the definition's name, to above the use's; backwards and on one line around the outside."""
        (a, b, y), (c, d, z) = self.place(one), self.place(other)
        x, to = (a + b) / 2, (c + d) / 2
        if z > y:
            bend = (z - y) / 2
            path = f"M{x:.1f} {y + 6} C{x:.1f} {y + 6 + bend:.1f} {to:.1f} {z - 12 - bend:.1f} {to:.1f} {z - 13}"
        else:
            top = z - 30 if z == y else z - 26
            out = max(b, d) + 40 if z < y else x
            path = f"M{x:.1f} {y - 13} C{out:.1f} {top if z == y else y - 20} {to:.1f} {top} {to:.1f} {z - 13}"
        self.arrow(path, ink, title)

    def arrow(self, path: str, ink: str, title: str) -> None:
        self.used.add(ink)
        self.shapes.append(
            f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="1.2" marker-end="url(#head{INKS.index(ink)})">'
            f"<title>{escape(title)}</title></path>"
        )

    def svg(self, title: str) -> str:
        width = self.left + CHARACTER * max(map(len, self.code), default=0) + 60
        height = 2 * TOP + LINE * len(self.code)
        heads = "".join(_HEAD.format(number, ink) for number, ink in enumerate(INKS) if ink in self.used)
        texts = []
        for number, line in enumerate(self.code):
            y = self.middle(self.first + number) + 4
            texts.append(f'<text x="4" y="{y}" fill="{FAINT}" font-size="10">{self.first + number}</text>')
            if line.strip():
                x, bare = self.left + CHARACTER * (len(line) - len(line.lstrip())), line.strip()
                size = f'textLength="{CHARACTER * len(bare):.1f}" lengthAdjust="spacingAndGlyphs"'
                texts.append(f'<text x="{x:.1f}" y="{y}" fill="{INK}" {size} {HALO}>{escape(bare)}</text>')
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" width="{width:.0f}" '
            f'height="{height}" viewBox="0 0 {width:.0f} {height}" style="max-width:100%;height:auto" '
            f'font-family="monospace" font-size="13"><defs>{heads}</defs>'
            f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>{"".join(self.shapes)}{"".join(texts)}</svg>'
        )
