"""`python -m procure_kit.training.pretraining`."""

from procure_kit.training.pretraining.pretraining import main

main()
