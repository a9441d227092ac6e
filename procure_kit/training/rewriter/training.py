"""How the rewriter learns: the kit's own QLoRA (training/training.py), with the loss on the answer alone."""

from collections import Counter
from collections.abc import Sequence

from procure_kit.training.config import TrainConfig
from procure_kit.training.loss.loss import LossConfig

STOP = "<|im_end|>"  # a token that the model has
LONGEST = 320  # tokens of question and answer
# Layers 8 to 29 of 30: those below have no adapter, and need no backward pass.
TARGETS = r".*\.layers\.([89]|[12]\d)\..*_proj"
RECIPE = TrainConfig(
    steps=1400, lr=1e-3, batch_size=4, warmup_steps=20, lora_targets=TARGETS, loss=LossConfig(lam=0.0), logging_steps=10
)


def to_examples(rows: Sequence[dict], tokenizer) -> list[dict]:
    """Examples for `train`, of the rows that are not too long: question, answer and stop mark, of which the question
    has no label. No token counts as altered: there is no concept term here."""
    stop = tokenizer.convert_tokens_to_ids(STOP)
    examples = []
    for row in rows:
        asked, answered = (tokenizer(row[name], add_special_tokens=False).input_ids for name in ("question", "answer"))
        ids = [*asked, *answered, stop]
        if len(ids) <= LONGEST:
            labels = [-100] * len(asked) + ids[len(asked) :]
            examples.append(
                {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels, "changed": [0] * len(ids)}
            )
    return examples


def about_rows(rows: Sequence[dict]) -> dict[str, str]:
    """What the card says of the rows."""
    told = {
        "task": "a few edits of lines, given a concept and the lines of a site (procure_kit/generation/llm/edits.py)"
    }
    for title, field in (("sets", "set"), ("concepts", "concept"), ("modes", "mode")):
        counts = Counter(row[field] for row in rows)
        told[title] = ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
    return told | {
        "left out": f"rows of more than {LONGEST} tokens",
        "not among them": "the kit's own problems, HumanEval's, and the world's held-out ones",
    }
