"""Does a model see the tokens that it is to predict? Found by looking: another last token, and the earlier logits."""

from weakref import WeakKeyDictionary

import torch

from procure_kit.training.four_bit import keep_gradients
from procure_kit.training.loss.modes import in_eval_mode
from procure_kit.training.loss.wrappers import name_of, unwrapped

LOOKED_AT = 8  # tokens: enough for any layer to look one ahead
_CAUSAL: WeakKeyDictionary = WeakKeyDictionary()  # models that were looked at


def refuse_foresight(model, input_ids: torch.Tensor, lengths: torch.Tensor) -> None:
    """Look once at each model. input_ids (B, N), padded on the right; lengths (B,).

    Raises: ValueError for a model whose earlier logits change with a later token.
    """
    inner = unwrapped(model)
    row, length = int(lengths.argmax()), min(int(lengths.max()), LOOKED_AT)
    if inner in _CAUSAL or length < 2:
        return
    ids = input_ids[row : row + 1, :length]
    other = input_ids[row][input_ids[row] != ids[0, -1]]
    if not len(other):
        return  # one token over and over: nothing to change
    keep_gradients(inner)
    changed = ids.clone()
    changed[0, -1] = other[0]
    with torch.no_grad(), in_eval_mode(inner):
        first, again, ahead = (_earlier_logits(model, each) for each in (ids, ids, changed))
    noise = (first - again).abs().max()  # experts that are added up in any order, on a GPU
    if (ahead - first).abs().max() > 10 * noise + 1e-5 * first.abs().max():
        raise ValueError(
            f"{name_of(inner)} looks ahead, so that it sees what it is to predict (its earlier logits change "
            "with a later token): load a causal model"
        )
    _CAUSAL[inner] = True


def _earlier_logits(model, ids: torch.Tensor) -> torch.Tensor:
    outputs = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
    return outputs.logits[0, :-1].float()
