"""The paper's transfer test on a real pre-trained model: SmolLM2, QLoRA on real programs, scored on other problems.

The plan is `data/results/smollm2_plan.md`. Takes rows of CodeI/O and CRUXEval that the validator accepted; hands on a
row a run, and a page. Read recipe.py (sizes, and why), data.py (what is tuned on, what is scored), runs.py (one run,
from the base model to its row), reports.py and results.py (what the rows say);
`python -m procure_kit.experiments.smollm2` is __main__.py.
"""
