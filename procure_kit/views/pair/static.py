"""The pair view as one still picture: both programs, which of their lines are looked at, and all heads at a glance."""

from html import escape

import numpy as np

from procure_kit.views.still import MONOSPACE

WIDTH, LINE, CELL, CHARACTER = 1100, 17, 13, 7.2  # pixels
COLUMN = WIDTH // 2
MOST_LINES, MOST_CHARACTERS = 48, 68
PAPER, INK, MARK = "#f6f8fa", "#1a1a1a", "#ffe08a"
MUCH = (0, 60, 125)  # as in the page


def still(pair) -> str:
    """The SVG of an AttentionPair's last measurement."""
    layer, head = strongest(pair)
    sides = pair.measured[-1]
    drawn = [_program(side, layer, head) for side in sides]
    below = 60 + LINE * max(len(lines) for lines, _ in drawn)
    height = below + 64 + CELL * len(sides[0].mass)
    parts = [f'<rect width="{WIDTH}" height="{height}" fill="white"/>', _text(12, 24, _title(pair), "bold")]
    for column, ((lines, top), side) in enumerate(zip(drawn, sides, strict=True)):
        x = 12 + column * COLUMN
        parts.append(_text(x, 46, f"{side.name}: layer {layer}, head {head} (darkest {top:.0%})"))
        parts += [part.format(x=x + 16, bar=x, y=60 + LINE * row) for row, line in enumerate(lines) for part in line]
    third = WIDTH // 3
    top, apart = max(float(side.mass.max()) for side in sides), pair.divergences[-1]
    names = [f"mass on the change, {side.name}" for side in sides] + ["how differently a head looks"]
    grids = [(side.mass, top) for side in sides] + [(apart, float(apart.max()))]
    for place, (name, (values, most)) in enumerate(zip(names, grids, strict=True)):
        x = 12 + place * third
        parts.append(_text(x, below + 24, f"{name} (0 to {most:.0%})"))
        parts += _grid(values, most, x, below + 34)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="{MONOSPACE}" font-size="12">{"".join(parts)}</svg>'
    )


def told(pair, measurement: int = -1) -> str:
    """A measurement in words: the last, which the picture shows, or the first, with which the page opens."""
    (old, new), (layer, head) = pair.measured[measurement], strongest(pair, measurement)
    apart = pair.divergences[measurement]
    other = np.unravel_index(apart.argmax(), apart.shape)
    return (
        f"{_title(pair, measurement)}. Both programs side by side, and a cell for each of {old.mass.shape[0]} layers "
        f"and {old.mass.shape[1]} heads. Mean mass on the change: {old.mass.mean():.3f} in the original, "
        f"{new.mass.mean():.3f} in the counterfactual; highest {new.mass[layer, head]:.2f}, layer {layer}, "
        f"head {head}. The two programs differ most for layer {other[0]}, head {other[1]}: {apart.max():.2f}."
    )


def strongest(pair, measurement: int = -1) -> tuple[int, int]:
    """The layer and head that look most at the change in the counterfactual."""
    mass = pair.measured[measurement][1].mass
    layer, head = np.unravel_index(mass.argmax(), mass.shape)
    return int(layer), int(head)


def _title(pair, measurement: int = -1) -> str:
    which = [pair.measurements[measurement]] if len(pair.measurements) > 1 else []
    return " · ".join(filter(None, ("Attention pair", pair.model_name, *which, pair.task_id, pair.concept)))


def _program(side, layer: int, head: int) -> tuple[list[list[str]], float]:
    """Each line's shapes, with {x}, {bar} and {y} to fill in; and the share that the darkest bar stands for.

    A bar is as dark as the lines below look at its line.
    """
    looked = _looked_at(side, layer, head)
    most = max(looked.values(), default=0) or 1.0
    lines, start = [], 0
    for number, line in enumerate(side.text.splitlines(keepends=True)):
        if number == MOST_LINES:
            lines.append([_line_text(f"… {side.text.count(chr(10)) - number} more lines")])
            break
        end, shapes = start + len(line), []
        for a, b in side.program.spans:
            a, b = max(a, start) - start, min(b, start + len(line.rstrip())) - start
            a += len(line[a:b]) - len(line[a:b].lstrip())
            if a < b and a < MOST_CHARACTERS:
                x, wide = f"{CHARACTER * a:.1f}", CHARACTER * (min(b, MOST_CHARACTERS) - a)
                shapes.append(
                    f'<g transform="translate({{x}},{{y}})"><rect x="{x}" y="2" width="{wide:.1f}" '
                    f'height="{LINE - 3}" fill="{MARK}"/></g>'
                )
        share = max((value for place, value in looked.items() if start <= place < end), default=0.0)
        shapes.append(f'<rect x="{{bar}}" y="{{y}}" width="11" height="{LINE - 2}" fill="{_colour(share / most)}"/>')
        bare = line.rstrip()
        shapes.append(_line_text(bare if len(bare) <= MOST_CHARACTERS else bare[: MOST_CHARACTERS - 1] + "…"))
        lines.append(shapes)
        start = end
    return lines, most


def _looked_at(side, layer: int, head: int) -> dict[int, float]:
    """Where each line begins, and the mean share that the lines below give to it."""
    shares = side.maps.map(layer, head, "line")
    starts = [unit["start"] for unit in side.units("line")]
    return {start: float(shares[i + 1 :, i].mean()) for i, start in enumerate(starts[:-1])}


def _line_text(text: str) -> str:
    safe = escape(text).replace("{", "{{").replace("}", "}}")
    return f'<text x="{{x}}" y="{{y}}" dy="12" fill="{INK}" xml:space="preserve">{safe}</text>'


def _grid(values: np.ndarray, most: float, x: int, y: int) -> list[str]:
    return [
        f'<rect x="{x + CELL * head}" y="{y + CELL * layer}" width="{CELL - 1}" height="{CELL - 1}" '
        f'fill="{_colour(float(value) / (most or 1))}"/>'
        for layer, row in enumerate(values)
        for head, value in enumerate(row)
    ]


def _text(x: int, y: int, text: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{INK}" font-weight="{weight}">{escape(text)}</text>'


def _colour(share: float) -> str:
    """From the page's paper to its darkest blue."""
    paper = tuple(int(PAPER[i : i + 2], 16) for i in (1, 3, 5))
    return "#{:02x}{:02x}{:02x}".format(*(round(a + share * (b - a)) for a, b in zip(paper, MUCH, strict=True)))
