"""What tests.benchmarks.gpu found on a card, as JSON and as Markdown. Needs no torch, so that all memory is left."""

import json
import re
from pathlib import Path

from procure_kit.problems import markdown
from tests.benchmarks.loss_table import FAILS, aims, table

DRY = "A dry run with tiny shapes: the figures mean nothing."
TITLES = {
    "exact": "Is the loss exact here? Largest relative error of a term, or of all gradients together",
    "tiny": "The whole way with the kit's own model",
    "loss": "What the loss costs on Llama-3.1-8B's shape",
    "smollm2": "The arms on SmolLM2",
    "qwen": "The arms on Qwen2.5-Coder-0.5B",
}


class Results:
    """A card's file. Parts that are measured again take the place of older ones, the others stay."""

    def __init__(self, folder: Path, card: dict, dry: bool):
        self.path = folder / (re.sub(r"[^a-z0-9]+", "_", card["card"].lower()).strip("_") + ".json")
        self.card, self.dry = card, dry
        self.parts = json.loads(self.path.read_text("utf-8"))["parts"] if self.path.is_file() else {}

    def add(self, parts: dict[str, dict]) -> None:
        """Take in parts, each with the card and libraries of today, and write both files."""
        self.parts |= {name: part | {"with": self.card} for name, part in parts.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = json.dumps({"card": self.card, "dry": self.dry, "parts": self.parts}, indent=1)
        self.path.write_text(told + "\n", encoding="utf-8")
        texts = [_sentence(self.card), DRY] if self.dry else [_sentence(self.card)]
        for name, part in self.parts.items():
            texts += [section(name, part), *([] if part["with"] == self.card else [f"With {_sentence(part['with'])}"])]
        self.path.with_suffix(".md").write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def section(name: str, part: dict) -> str:
    """A part in Markdown: its command, how it ended, and its rows."""
    ending = f"{part['ending']}: {part['note']}" if part["note"] else part["ending"]
    texts = [f"### {TITLES.get(name, f'QLoRA on the shape of {name}')}", f"```sh\n{part['command']}\n```"]
    texts.append(f"{ending[0].upper()}{ending[1:].rstrip('.')}; {part['seconds']:,} s.")
    if name == "loss" and part["rows"]:
        held = max(row.get("before_MiB", 0) for row in part["rows"])
        texts += [
            table(part["rows"]),
            f"{aims(part['rows'])}\n- model, adapter and optimizer, MiB beside that: {held:,.0f}",
        ]
    elif part["rows"]:
        heads = list(dict.fromkeys(key for row in part["rows"] for key in row))
        texts.append(markdown.table(heads, ([row.get(head, "") for head in heads] for row in part["rows"])))
    return "\n\n".join(texts)


def fails(part: dict) -> bool:
    """Whether something went wrong in a part; to find no room or time is none of that."""
    return part["ending"] == FAILS or any(str(row.get("note", "")).startswith(FAILS) for row in part["rows"])


def _sentence(card: dict) -> str:
    return "; ".join([str(card["card"]), *(f"{name} {value}" for name, value in card.items() if name != "card")]) + "."
