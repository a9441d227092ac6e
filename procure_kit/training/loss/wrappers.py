"""What stands around a model: distribution over processes, compilation."""

from torch._dynamo.eval_frame import OptimizedModule
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn.parallel import DistributedDataParallel


def unwrapped(model):
    """The model inside DistributedDataParallel, FSDP and torch.compile; an adapter around it stays."""
    while isinstance(model, (DistributedDataParallel, FullyShardedDataParallel, OptimizedModule)):
        model = model._orig_mod if isinstance(model, OptimizedModule) else model.module
    return model


def name_of(model) -> str:
    """The architecture's name, without what stands around it."""
    inner = unwrapped(model)
    return type(inner.get_base_model() if hasattr(inner, "get_base_model") else inner).__name__
