"""The loop of a run: fresh steps, a constant rate, an average of the weights, and points at which it is looked at."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch

from procure_kit.experiments.curves.arms import Arm, Recipe
from procure_kit.experiments.curves.stream import batches
from procure_kit.experiments.curves.terms import batch_loss, batch_of, counts_of
from procure_kit.training.config import fast_bf16
from procure_kit.training.loss.attention import SDPA_MASS, attention_implementation

SAVE_EVERY = 50  # steps


class Run:
    """A model on its way, and all that is needed to go on: weights, their average, the optimizer, and counts."""

    def __init__(self, model, recipe: Recipe):
        self.model, self.recipe = model, recipe
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.average = [weight.detach().clone() for weight in self.weights]
        self.optimizer = torch.optim.AdamW(self.weights, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.counts = {"steps": 0, "tokens": 0, "response": 0, "altered": 0}

    def step(self) -> None:
        """One optimizer step, after which the average goes a part of the way to the new weights: it then covers about
        the last `recipe.average` of all steps, however many there are."""
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.counts["steps"] += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.lr * min(1.0, self.counts["steps"] / self.recipe.warm_up)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.weights, 1 / (1 + self.recipe.average * self.counts["steps"]))

    @torch.no_grad()
    def averaged(self, look: Callable) -> None:
        """Call `look(model)` while the model has the averaged weights."""
        own = [weight.clone() for weight in self.weights]
        torch._foreach_copy_(self.weights, self.average)
        self.model.eval()
        look(self.model)
        self.model.train()
        torch._foreach_copy_(self.weights, own)

    def save(self, path: Path) -> None:
        state = {"weights": self.weights, "average": self.average, "counts": self.counts}
        part = path.with_suffix(".part")
        torch.save(state | {"optimizer": self.optimizer.state_dict()}, part)
        part.replace(path)

    @torch.no_grad()
    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        torch._foreach_copy_(self.weights, state["weights"])
        self.average, self.counts = state["average"], state["counts"]
        self.optimizer.load_state_dict(state["optimizer"])


def tune(
    model, tokenizer, arm: Arm, recipe: Recipe, seed: int, points: list[int], folder: Path, reached: Callable
) -> None:
    """Train on to the last of the `points`, counted in tokens; at each call `reached(point, model, counts)`.

    What lies in `folder` is gone on from: a killed run loses a few minutes, and a later call with further points goes
    on where the last point was. The loss is in nats a token.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run, kept = Run(model, recipe), folder / "state.pt"
    if kept.exists():
        run.load(kept)
    todo = [point for point in points if point > run.counts["tokens"]]
    stream = islice(batches(tokenizer, arm, recipe, seed), recipe.batches * run.counts["steps"], None)
    model.train()
    with attention_implementation(model, SDPA_MASS):
        while todo:
            step = [batch_of(tokenizer, arm, *batch) for batch in islice(stream, recipe.batches)]
            counts = counts_of(step)
            for batch in step:
                with torch.autocast(model.device.type, torch.bfloat16, enabled=fast_bf16(model.device)):
                    loss = batch_loss(model, batch, arm, counts, 1 / len(step), run.counts["tokens"])
                loss.backward()
            run.step()
            run.counts["tokens"] += sum(batch.tokens for batch in step)
            run.counts["response"] += counts.n_response
            run.counts["altered"] += counts.n_changed
            passed = [point for point in todo if point <= run.counts["tokens"]]
            for point in passed:
                run.averaged(lambda model, point=point: reached(point, model, run.counts))
            todo = todo[len(passed) :]
            if passed or run.counts["steps"] % SAVE_EVERY == 0:
                run.save(kept)
    model.eval()
