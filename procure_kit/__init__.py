"""procure-kit: perturb programs concept by concept, check that they still mean the same, and train on the pairs.

    import procure_kit as pk

A phase is a folder, and data flows one way through them: problems/, analysis/ and concepts/ (find sites, rewrite),
running/ and validation/ (do both programs do the same?), generation/ and repositories/ (a whole set, a whole source
tree), training/, evaluation/, experiments/. views/ shows any of them, commands/ is the command line, and world/ makes
the problems of the kit's own model. The public names below stand in the same order; heavy libraries load only when a
name that needs them is first used.
"""

import os
import sys

from procure_kit import extras

# Waiting OpenMP threads spin, and on a busy machine they stall each other: torch then runs at half its speed.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.meta_path.append(extras.Finder)

_HOME = {
    "Problem": "problems.problem",
    "load_problems": "validation.problem_names",
    "iter_problems": "validation.problem_names",
    "find_problem": "validation.problem_names",
    "problems_from_package": "validation.doctest_problems",
    "Site": "problems.counterfactual",
    "Counterfactual": "problems.counterfactual",
    "NotApplicable": "problems.counterfactual",
    "CONCEPTS": "concepts.table",
    "FAMILIES": "concepts.table",
    "find_sites": "concepts.perturbation",
    "perturb": "concepts.perturbation",
    "perturb_all": "concepts.perturbation",
    "twin": "concepts.twins.twin",
    "generate": "generation.rules",
    "classify": "concepts.recognition.concept_check",
    "recognise": "concepts.recognition.recognition",
    "TestResult": "running.runner",
    "run_tests": "running.runner",
    "run_many": "running.runner",
    "Verdict": "validation.validation",
    "validate": "validation.validation",
    "validate_all": "validation.validation",
    "Client": "generation.llm.client",
    "llm_generate": "generation.llm.generation",
    "load_model": "training.models",
    "shape_of": "training.presets",
    "memory_needed": "training.presets",
    "build_example": "training.examples",
    "collate": "training.examples",
    "LossConfig": "training.loss.loss",
    "concept_loss": "training.loss.loss",
    "TrainConfig": "training.config",
    "train": "training.training",
    "attention_maps": "training.loss.attention",
    "attention_mass": "training.loss.attention",
    "evaluate": "evaluation.evaluation",
    "evaluate_whole": "evaluation.evaluation",
    "score_samples": "evaluation.rescoring",
    "rescore": "evaluation.rescoring",
    "differences": "evaluation.differences",
    "attention_pair": "views.pair.view",
    "open_pair": "views.pair.view",
    "explorer": "views.explorer",
    "control_flow_picture": "views.analysis_pictures",
    "definition_use_picture": "views.analysis_pictures",
    "review": "views.reviewing",
}
_MODULES = {"evaluation": "evaluation", "figures": "views.figures", "lessons": "views.lessons"}
__all__ = list(_HOME)


def __getattr__(name: str):
    if name in _HOME:
        return getattr(extras.load(f"procure_kit.{_HOME[name]}"), name)
    if name in _MODULES:
        return extras.load(f"procure_kit.{_MODULES[name]}")
    raise AttributeError(f"module 'procure_kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
