"""procure-kit: perturb programs concept by concept, check that they still mean the same, and train on the pairs.

    import procure_kit as pk

Data flows one way, and the names stand in its order: problems, perturbation, validation, examples, training,
evaluation, pictures. Heavy libraries load only when a name that needs them is first used.
"""

import os
from importlib import import_module

# Waiting OpenMP threads spin, and on a busy machine they stall each other: torch then runs at half its speed.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOME = {
    "Problem": "problems",
    "load_problems": "problems",
    "problems_from_package": "doctest_problems",
    "Site": "counterfactual",
    "Counterfactual": "counterfactual",
    "NotApplicable": "counterfactual",
    "CONCEPTS": "concepts",
    "find_sites": "concepts",
    "perturb": "concepts",
    "perturb_all": "concepts",
    "generate": "generation",
    "classify": "concept_check",
    "recognise": "recognition",
    "TestResult": "runner",
    "run_tests": "runner",
    "run_many": "runner",
    "Verdict": "validation",
    "validate": "validation",
    "validate_all": "validation",
    "Client": "llm_client",
    "llm_generate": "llm_generation",
    "load_model": "models",
    "shape_of": "presets",
    "memory_needed": "presets",
    "build_example": "examples",
    "collate": "examples",
    "LossConfig": "loss",
    "concept_loss": "loss",
    "TrainConfig": "training",
    "train": "training",
    "attention_maps": "attention",
    "attention_mass": "attention",
    "evaluate": "evaluation",
    "evaluate_whole": "evaluation",
    "score_samples": "rescoring",
    "rescore": "rescoring",
    "differences": "differences",
    "attention_pair": "pairview",
    "explorer": "explore",
    "control_flow_picture": "analysis_pictures",
    "definition_use_picture": "analysis_pictures",
    "review": "reviewing",
}
__all__ = list(_HOME)


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"procure_kit.{_HOME[name]}"), name)
    if name in ("evaluation", "figures"):
        return import_module(f"procure_kit.{name}")
    raise AttributeError(f"module 'procure_kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__ + ["evaluation", "figures"])
