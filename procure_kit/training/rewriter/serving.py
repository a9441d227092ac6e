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
DRAWS = 8  # samples of one turn, until one differs from all answers before


class Rewriter:
    """What `Client` asks in place of a server. Only a dialogue's first message is read: the first answer is the most
    likely one, and each repair turn another sample, drawn until it is none of the answers that were rejected. So the
    model is not told what was wrong, and a short question stays short."""

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
            answered, draws = [], DRAWS if before else 1
            for _ in range(draws):
                ids = self._generate(asked, body, sample=bool(before))
                answered.append(ids)
                text = self.tokenizer.decode(ids, skip_special_tokens=True)
                if text not in before:
                    break
        whole = answered[-1][-1:].tolist() == [self.model.generation_config.eos_token_id]
        read, written = asked.input_ids.shape[1] * len(answered), sum(map(len, answered))
        usage = {"prompt_tokens": read, "completion_tokens": written}
        message = {"role": "assistant", "content": text}
        return {"choices": [{"message": message, "finish_reason": "stop" if whole else "length"}], "usage": usage}

    def _generate(self, asked, body: dict, sample: bool) -> torch.Tensor:
        options = {"do_sample": sample, "max_new_tokens": body["max_tokens"]}
        options |= {"temperature": body["temperature"], "top_k": 0, "top_p": 1.0} if sample else {}
        with torch.inference_mode():
            return self.model.generate(**asked, **options)[0, asked.input_ids.shape[1] :]


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
