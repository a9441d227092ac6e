"""A model's twin: the same weights in modules of its own, so that what is tried on it leaves the model as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from peft import PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer

from procure_kit.training.adapters import put_on


@contextmanager
def twin(model) -> Iterator:
    """A model that shares every parameter and buffer; its modules, adapters, modes and configuration are its own."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    trained = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        yield deepcopy(model, shared)
    finally:
        for parameter, requires_grad in trained:
            parameter.requires_grad_(requires_grad)


@contextmanager
def with_other_adapter(model, folder: str | Path) -> Iterator[PeftModel]:
    """A twin with the adapter in `folder` in the place of the model's own, if it has one.

    Raises: ValueError as `put_on` does, and for a model with a merged adapter.
    """
    _refuse_merged(model)
    with twin(model) as base:
        yield put_on(base.unload() if isinstance(base, PeftModel) else base, folder)


@contextmanager
def without_adapter(model) -> Iterator:
    """A twin whose adapter is off. Raises: ValueError for a model without one, or with a merged one."""
    if not isinstance(model, PeftModel):
        raise ValueError('compare="base" needs a model with an adapter on it')
    _refuse_merged(model)
    with twin(model) as base:
        yield base.unload()


def _refuse_merged(model) -> None:
    if any(isinstance(module, BaseTunerLayer) and module.merged for module in model.modules()):
        raise ValueError("an adapter is merged into the model's weights: call model.unmerge_adapter() first")
