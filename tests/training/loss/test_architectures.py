"""Every architecture of the table is exact in value and gradient, or refused in a sentence that names it."""

import pytest

from tests.training.loss.architectures import ARCHITECTURES, examined

NOTHING = {"RoFormer (looks ahead)", "ELECTRA (looks ahead)", "Mamba (no attention)"}
EAGER_ALONE = {  # soft caps, scaled logits, sinks, an attention of their own
    "Gemma 2", "GPT-NeoX-Japanese", "GPT-Neo", "GPT-J", "CodeGen", "BLOOM", "MPT", "Falcon", "Cohere", "StableLM",
    "Nemotron", "gpt-oss",
}  # fmt: skip
BY_OTHERS = {  # what transformers or peft refuse, and not the loss
    ("GPT-NeoX-Japanese", "checkpointing"): "does not support activation checkpointing",
    ("Falcon-H1", "LoRA"): "incompatible with Mamba-based models",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_exact_or_refused_by_name(name):
    for way, (outcome, said) in examined(name).items():
        how, extra = way.split()
        if (name, extra) in BY_OTHERS:
            assert outcome == "refused" and (BY_OTHERS[name, extra] in said or "ForCausalLM does not" in said), way
        elif name in NOTHING or (how == "fused" and name in EAGER_ALONE):
            assert outcome == "refused", (way, outcome, said)
            assert "PeftModel" not in said and ("For" in said or "PEFT" in said or "support" in said), said
        else:
            assert outcome == "exact", (way, outcome, said)


def test_the_table_is_long_enough():
    assert len(ARCHITECTURES) - len(NOTHING) >= 40
