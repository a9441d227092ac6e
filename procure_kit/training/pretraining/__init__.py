"""How `tiny` came to be. Takes the world's programs; hands on a small model with its tokenizer, log and picture.

Read pretraining.py (`python -m procure_kit.training.pretraining`), with settings.py (what decides how it comes out);
loss_curve.py draws how it went.
"""
