"""transformers' Trainer with the concept-sensitive loss, and with denominators that span a whole optimizer step."""

import torch
from transformers import Trainer

from procure_kit.training.loss.loss import LossConfig, TokenCounts, concept_loss, token_counts
from procure_kit.training.order import LikeLengths

MEANS = ("nll", "mask", "attention", "mean_mass")
COUNTS = TokenCounts._fields


class ConceptTrainer(Trainer):
    """The Trainer with the concept-sensitive loss, and with denominators that span a whole optimizer step.

    bf16: products in bfloat16, by autocast around the loss; accelerate's own would stay in the caller's model.
    """

    def __init__(self, *, loss: LossConfig, implementation: str, bf16: bool, **options):
        super().__init__(**options)
        self.bf16 = bf16
        self.concept = {"config": loss, "implementation": implementation}
        self.model_accepts_loss_kwargs = True  # the loss is already divided by what the whole step holds
        # Since the last log: what the parts of the loss add up to, the steps, and those that lacked M or Q.
        self.sums, self.steps, self.without_concept = {}, 0, 0

    def _get_train_sampler(self, train_dataset=None):
        step = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        lengths = [len(example["input_ids"]) for example in self.train_dataset]
        an_epoch = -(-len(lengths) // step)  # optimizer steps
        return LikeLengths(lengths, step, self.args.seed, lambda: self.state.global_step // an_epoch)

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """The batches of one optimizer step, and the response, changed and query tokens in all of them, everywhere."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        self.steps += 1
        counts = torch.tensor([token_counts(batch) for batch in batches], device=device).sum(0, keepdim=True)  # (1, 3)
        total = TokenCounts(*self.accelerator.gather(counts).sum(0).tolist())
        self.without_concept += 0 in (total.n_changed, total.n_query)
        return batches, total

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        with torch.autocast(self.args.device.type, torch.bfloat16, enabled=self.bf16):
            parts = concept_loss(model, inputs, **self.concept, denominators=num_items_in_batch)
        for name in MEANS + COUNTS:
            self.sums[name] = self.sums.get(name, 0) + torch.as_tensor(getattr(parts, name)).detach()
        return parts.total * self.accelerator.num_processes  # which then averages over the processes

    def log(self, logs, *args, **kwargs):
        if "loss" in logs and self.sums:
            local = torch.stack([self.sums[name].to(self.args.device, torch.float64) for name in MEANS + COUNTS])
            values = self.accelerator.reduce(local, "sum").tolist()
            for name, value in zip(MEANS + COUNTS, values, strict=True):
                logs[name] = int(value) if name in COUNTS else value / self.steps
            logs["steps_without_concept"] = self.without_concept
            self.sums, self.steps, self.without_concept = {}, 0, 0
        super().log(logs, *args, **kwargs)
