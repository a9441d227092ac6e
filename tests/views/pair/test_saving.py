"""A measured pair as a file, opened again without the model."""

import json

import pytest

import procure_kit as pk
from procure_kit.views.pair.view import open_pair
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import RENAMED, byte_tokenizer


def test_what_is_opened_is_what_was_saved(tmp_path):
    pair = pk.attention_pair(lm(), byte_tokenizer(), RENAMED, compare=lm(), names=("one", "other"))
    path = pair.save_json(tmp_path / "pair.json")
    again = open_pair(path)
    assert again.html == pair.html and again.measurements == ["one", "other"]
    assert again.figure(0, 0, "token").to_dict()["layout"] == pair.figure(0, 0, "token").to_dict()["layout"]
    assert (again.sides[1].mass == pair.sides[1].mass).all() and pk.open_pair is open_pair


@pytest.mark.parametrize(
    ("text", "said"), [("{", "no JSON"), ("[]", "no attention pair"), ('{"a": 1}', "no attention")]
)
def test_another_file_is_named(tmp_path, text, said):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"other.json: {said}"):
        open_pair(path)


def test_a_map_of_another_size_is_refused(tmp_path):
    path = pk.attention_pair(lm(), byte_tokenizer(), RENAMED).save_json(tmp_path / "pair.json")
    found = json.loads(path.read_text())
    found["measured"][0][0]["text"] += "\nmore = 1"
    found["measured"][0][0]["offsets"] += [[len(RENAMED.original) + 1, len(RENAMED.original) + 5]]
    path.write_text(json.dumps(found))
    with pytest.raises(ValueError, match="reshape"):
        open_pair(path)
