"""The pair view of a small random model: what is measured, compared, written and shown."""

import json
import re

import numpy as np
import pytest
import torch

from procure_kit.problems.counterfactual import Counterfactual
from procure_kit.training.examples import tokens_in_spans
from procure_kit.training.training import TrainConfig, with_adapter
from procure_kit.views import screenshot
from procure_kit.views.pair import view as pairview
from procure_kit.views.pair.view import attention_pair
from tests.training.loss.test_attention import model as lm
from tests.training.test_examples import RENAMED, byte_tokenizer

torch.set_num_threads(1)
TOKENIZER = byte_tokenizer()


@pytest.fixture(scope="module")
def pair():
    return attention_pair(lm(), TOKENIZER, RENAMED)


def meta(pair) -> dict:
    return json.loads(re.search(r'(?s)id="meta">(.*?)</script>', pair.html)[1])


def test_both_sides_are_measured_in_every_view(pair):
    assert [side.name for side in pair.sides] == ["original", "counterfactual"]
    assert pair.views == ["token", "line", "statement", "expression"]
    new = pair.sides[1]
    assert new.mass.shape == (3, 4) and new.text == RENAMED.counterfactual
    assert [u["label"] for u in new.units("token") if u["changed"]] == ["qzxvk"] * 5
    assert new.changed.tolist() == tokens_in_spans(new.text, new.maps.units.offsets, RENAMED.changed)


def test_the_page_holds_what_its_script_reads(pair):
    found = meta(pair)
    assert (found["layers"], found["heads"], found["kv"]) == (3, 4, 2)
    assert found["texts"] == [RENAMED.original, RENAMED.counterfactual]
    for view, known in found["views"].items():
        assert len(known["aligned"]) == len(known["sides"][1])
        assert [len(units) for units in known["sides"]] == [len(side.units(view)) for side in pair.sides]
    assert found["masses"][0][1] == pair.sides[1].mass.round(4).ravel().tolist()
    layer, head = found["start"]
    assert pair.sides[1].mass[layer, head] == pair.sides[1].mass.max()
    assert len(re.findall(r'id="d-0-\d-\w+-\d+"', pair.html)) == 2 * 4 * 3


@pytest.mark.parametrize("view", ["line", "token", "statement"])
@pytest.mark.parametrize("head", [None, 2])
def test_a_figure_holds_the_maps(pair, view, head):
    figure = pair.figure(layer=1, head=head, view=view)
    labels, values = pair.sides[1].unit_map(1, head, view)
    shown = np.array(figure.data[1].z, dtype=float)
    assert np.nan_to_num(shown) == pytest.approx(values)
    assert sum("▶" in label for label in labels) == sum(u["changed"] for u in pair.sides[1].units(view))


def test_labels_cannot_become_markup():
    cf = Counterfactual(
        "t", "if_else_flip", "strict", 0, 0, "rules", "a <b> c\n", "x <b> c\n", ((0, 1),), ((0, 1),), ""
    )
    figure = attention_pair(lm(), TOKENIZER, cf).figure()
    assert any("&lt;b&gt;" in text for text in figure.layout.yaxis.ticktext)


def test_the_difference_is_counterfactual_minus_original(pair):
    figure = pair.mass_figure()
    assert figure.data[2].z == pytest.approx(pair.sides[1].mass - pair.sides[0].mass)


def test_places_are_those_of_a_script(pair):
    """JavaScript counts an emoji as two; the units of the page still begin and end where their labels do."""
    texts = "x = '\U0001f389 é'\ny = x\n", "z = '\U0001f389 é'\ny = z\n"
    spans = ((0, 1), (14, 15))
    cf = Counterfactual("t", "variable_name_random", "strict", 0, 0, "rules", *texts, spans, spans, "")
    shown = attention_pair(lm(), TOKENIZER, cf)
    units = meta(shown)["views"]["token"]["sides"][1]
    wide = texts[1].encode("utf-16-le")
    pieces = [wide[2 * start : 2 * end].decode("utf-16-le") for start, end, *_ in units]
    assert pieces == [texts[1][u["start"] : u["end"]] for u in shown.sides[1].units("token")]
    assert [piece for piece, unit in zip(pieces, units, strict=True) if unit[2] & 1] == ["z", "z"]


def test_save_html_writes_the_page(pair, tmp_path):
    assert pair.save_html(tmp_path / "pair.html").read_text("utf-8") == pair.html


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"view": "word"}, "no view 'word'; there are token, line"),
        ({"layer": 99}, "no layer 99: the model has "),
        ({"head": -99}, "no head -99: the model has "),
    ],
)
def test_what_there_is_none_of_is_named(pair, asked, said):
    with pytest.raises(ValueError, match=said):
        pair.figure(**asked)


def test_a_notebook_gets_a_frame_that_may_run_scripts_and_no_more(pair, monkeypatch):
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    shown, _ = pair._repr_mimebundle_()
    assert 'sandbox="allow-scripts"' in shown["text/html"] and "<!doctype" not in shown["text/html"]
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+png")
    monkeypatch.setattr(screenshot, "screenshot", lambda html, *size: b"png")
    shown, metadata = pair._repr_mimebundle_()
    assert set(shown) == {"image/png", "text/plain"} and "Mean mass" in metadata["image/png"]["alt"]


def test_the_words_are_of_the_model_that_the_picture_shows(monkeypatch):
    other = lm()
    for weights in other.parameters():
        weights.data.mul_(3)
    both = attention_pair(lm(), TOKENIZER, RENAMED, compare=other, names=("early", "late"))
    monkeypatch.delenv("PLOTLY_RENDERER", raising=False)
    still = both._repr_mimebundle_()[1]["image/png"]["alt"]
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype+png")
    monkeypatch.setattr(screenshot, "screenshot", lambda html, *size: b"png")
    page = both._repr_mimebundle_()[1]["image/png"]["alt"]  # it opens on the first
    for alt, name, sides in ((page, "early", both.measured[0]), (still, "late", both.measured[1])):
        assert f" · {name} · " in alt and f"Mean mass on the change: {sides[0].mass.mean():.3f} in" in alt
    assert page != still


def test_an_adapter_is_put_on_measured_and_taken_off_again(tmp_path):
    model = lm()
    adapted = with_adapter(lm(), TrainConfig())
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.5, generator=torch.Generator().manual_seed(0))
    adapted.save_pretrained(tmp_path)
    both = attention_pair(model, TOKENIZER, RENAMED, compare=tmp_path)
    assert both.measurements == ["before", "after"]
    before, after = (sides[1].mass for sides in both.measured)
    assert before == pytest.approx(attention_pair(model, TOKENIZER, RENAMED).sides[1].mass)
    assert after == pytest.approx(attention_pair(adapted.eval(), TOKENIZER, RENAMED).sides[1].mass, abs=1e-6)
    assert abs(before - after).max() > 1e-3
    based = attention_pair(adapted, TOKENIZER, RENAMED, compare="base")
    assert based.measured[0][1].mass == pytest.approx(before, abs=1e-6)
    assert len(re.findall(r'id="d-1-', based.html)) == 2 * 4 * 3


@pytest.mark.parametrize("compare, wrong", [("base", "needs a model with an adapter"), ("nowhere", "no adapter there")])
def test_what_cannot_be_compared_is_named(compare, wrong):
    with pytest.raises(ValueError, match=wrong):
        attention_pair(lm(), TOKENIZER, RENAMED, compare=compare)


def test_what_the_model_writes_is_shown_behind_the_cut(monkeypatch):
    prefixes = []

    def complete(model, tokenizer, cuts, max_new_tokens, batch_size):
        prefixes.extend(cut.prefix for cut in cuts)
        return [["\n        return 1"], ["\n        return qzxvk"]]

    monkeypatch.setattr(pairview, "complete", complete)
    pair = attention_pair(lm(), TOKENIZER, RENAMED, generate=6)
    for side, prefix in zip(pair.sides, prefixes, strict=True):
        assert side.text.startswith(prefix) and side.program.generated_from == len(prefix)
    written = [[u["label"] for u in side.units("token") if u["generated"]] for side in pair.sides]
    assert written == [["⏎", "return", "␣", "1"], ["⏎", "return", "␣", "qzxvk"]]
    assert [u["label"] for u in pair.sides[1].units("token") if u["changed"]] == ["qzxvk"] * 4  # those before the cut
    assert meta(pair)["generated"]


def test_a_pair_without_change_is_refused(monkeypatch):
    monkeypatch.setattr(pairview, "pair_maps", lambda *_: pytest.fail("must refuse before running the model"))
    cf = Counterfactual("t/1", "if_else_flip", "strict", 0, 0, "rules", "a", "b", (), (), "tested")
    with pytest.raises(ValueError, match="t/1: no changed spans"):
        attention_pair(None, None, cf)


def test_a_hybrid_is_refused_with_the_layers_that_attend_and_a_soft_cap_is_shown():
    from transformers import Gemma2Config

    from tests.training.loss.test_refusals import JAMBA, SMALL
    from tests.training.small_models import model_of

    with pytest.raises(NotImplementedError, match="JambaForCausalLM has no attention; the layers with attention: 1, 3"):
        attention_pair(model_of(JAMBA), TOKENIZER, RENAMED)
    capped = model_of(Gemma2Config(**SMALL | {"vocab_size": 400}), attn_implementation="eager")
    assert attention_pair(capped, TOKENIZER, RENAMED).sides[0].mass.shape == (3, 4)
