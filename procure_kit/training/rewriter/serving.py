"""The tuned SmolLM2 in this process, behind the same `Client` as a server: no network, no key, one answer at a time."""

import asyncio
import json
import threading
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from procure_kit.generation.llm.client import Client
from procure_kit.generation.llm.edits import GENERATOR, SETTINGS
from procure_kit.shipped import DATA
from procure_kit.training.adapters import put_on
from procure_kit.training.rewriter.training import STOP
from procure_kit.training.smollm2 import smollm2_folder

ADAPTER = DATA / "rewriter"
DRAWS = 8  # samples of a repair turn, at once; the first that differs from all answers before is the reply


class Rewriter:
    """What `Client` asks in place of a server. Only a dialogue's first message is read: the first answer is the most
    likely one, and a repair another sample, if need be of DRAWS, that is none of the rejected answers. So the model is
    not told what was wrong, and a short question stays short. Tokens of samples that were not needed count, too."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self._one_at_a_time = threading.Lock()

    async def post(self, body: dict) -> str:
        """A chat completion in JSON, as a server sends it."""
        return json.dumps(await asyncio.to_thread(self._completion, body))

    def _completion(self, body: dict) -> dict:
        said = [message["content"] for message in body["messages"]]
        question, before = said[0], said[1::2]
        with self._one_at_a_time, torch.random.fork_rng():
            torch.manual_seed(1000 * body.get("seed", 0) + len(before))
            asked = self.tokenizer(question, return_tensors="pt", add_special_tokens=False)
            texts, usage = self._answers(asked, body, DRAWS if before else 1)
        text, whole = next((pair for pair in texts if pair[0] not in before), texts[0])
        message = {"role": "assistant", "content": text.strip() or "(nothing)"}
        return {"choices": [{"message": message, "finish_reason": "stop" if whole else "length"}], "usage": usage}

    def _answers(self, asked, body: dict, count: int) -> tuple[list[tuple[str, bool]], dict[str, int]]:
        """Answers, each with whether it came to its end, and the tokens: one greedily, several as samples."""
        options = {"do_sample": count > 1, "max_new_tokens": body["max_tokens"], "num_return_sequences": count}
        options |= {"temperature": body["temperature"], "top_k": 0, "top_p": 1.0} if count > 1 else {}
        with torch.inference_mode():
            made = self.model.generate(**asked, **options)
        read, stop = asked.input_ids.shape[1], self.model.generation_config.eos_token_id
        ids = [(*row[read:].tolist(), stop) for row in made]
        ends = [row.index(stop) for row in ids]
        answers = [(self.tokenizer.decode(row[:end]), end < len(row) - 1) for row, end in zip(ids, ends, strict=True)]
        return answers, {"prompt_tokens": read * count, "completion_tokens": sum(ends) + count}


def load_rewriter(adapter: Path = ADAPTER) -> Rewriter:
    """SmolLM2 with the adapter of a folder, merged. Raises: ValueError where there is none, or one of another model."""
    folder = smollm2_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = put_on(model, adapter).merge_and_unload().eval()
    stop = tokenizer.convert_tokens_to_ids(STOP)
    model.generation_config.update(eos_token_id=stop, pad_token_id=stop)
    return Rewriter(model, tokenizer)


def rewriter_client(adapter: Path = ADAPTER, parameters: dict | None = None, **options) -> Client:
    """A `Client` of the rewriter, for `llm_generate(..., form=EDITS)`. parameters: in place of those in SETTINGS;
    options: any others of `Client`."""
    parameters = SETTINGS | (parameters or {})
    return Client(GENERATOR, server=load_rewriter(adapter), parameters=parameters, **options)
