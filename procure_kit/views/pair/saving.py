"""A measured pair as one JSON file, and back: what was seen can be kept, sent, and opened again without the model."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np

from procure_kit.problems.counterfactual import Span
from procure_kit.views.pair.measuring import UnitMaps
from procure_kit.views.pair.units import CodeUnits

FORMAT = "procure-kit attention pair 1"


def as_dict(side) -> dict:
    """One side of one measurement (view.Side)."""
    program, maps = side.program, side.maps
    return {
        "name": program.name, "text": program.text, "spans": program.spans, "generated_from": program.generated_from,
        "offsets": maps.units.offsets, "changed": maps.changed.astype(int).tolist(), "mass": maps.mass.tolist(),
        "packed": {view: _packed(values) for view, values in maps.packed.items()},
    }  # fmt: skip


def maps_of(row: dict) -> tuple[UnitMaps, tuple[Span, ...]]:
    """The maps of such a side, and its changed spans. Raises: ValueError where a map has not the size of its text."""
    units = CodeUnits(row["text"], [(start, end) for start, end in row["offsets"]])
    mass = np.array(row["mass"], dtype=np.float32)
    packed = {}
    for view, text in row["packed"].items():
        size = len(units.views[view])
        packed[view] = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8)
        packed[view] = packed[view].reshape(*mass.shape, size * (size + 1) // 2)
    return UnitMaps(units, np.array(row["changed"], dtype=bool), mass, packed), tuple(map(tuple, row["spans"]))


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 6)).decode()


def write(path: str | Path, head: dict, measured: list[list[dict]]) -> Path:
    """Write the file and return its path."""
    Path(path).write_text(json.dumps({"format": FORMAT, **head, "measured": measured}), encoding="utf-8")
    return Path(path)


def read(path: str | Path) -> dict:
    """What `write` wrote. Raises: ValueError for a file that is no such thing; OSError for one that is not there."""
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: no JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{path}: no attention pair that `save_json` wrote")
    return found
