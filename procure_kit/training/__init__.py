"""From pairs to a trained model. Takes rows and a base model; hands on a model or an adapter, with its log.

Read cuts.py and examples.py (token ids, labels, the mask of altered tokens), models.py, then loss/, and training.py
with config.py, trainer.py and adapters.py. presets.py has the paper's models; pretraining.py trains
`tiny` from nothing.
"""
