"""From pairs to a trained model. Takes rows and a base model; hands on a model or an adapter, with its log and card.

Read cuts.py and examples.py (token ids, labels, the mask of altered tokens), alignment.py (which tokens of a pair
correspond), kept.py (pairs kept in the explorer), then loss/, which is the concept-sensitive loss, and training.py with
config.py, adapters.py and trainer.py; interrupt.py stops a run in good order, and card.py says what it was. models.py
loads a model by name: smollm2.py and presets.py know some, four_bit.py packs the weights. pretraining/ trains `tiny`
from nothing.
"""

import logging

# Whoever imports bitsandbytes, peft too, is told in red that a kernel from the Hub is missing, which only its form for
# AVX512-BF16 uses: four_bit.keep_gradients forbids that form.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(lambda record: "gemm_4bit_forward" not in record.msg)
