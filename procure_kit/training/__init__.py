"""From pairs to a trained model. Takes rows and a base model; hands on a model or an adapter, with its log and card.

Read cuts.py and examples.py (token ids, labels, the mask of altered tokens), then loss/, which is the concept-sensitive
loss, and training.py with config.py, adapters.py and trainer.py; interrupt.py and card.py are its ends. models.py loads
a model by name: the kit's own, smollm2.py, in four_bit.py; presets.py has the paper's. pretraining.py trains
`tiny` from nothing.
"""
