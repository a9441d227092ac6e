"""The projection in chunks is the projection, in value and gradient, and a changed logit is seen."""

import pytest
import torch

from procure_kit.training.loss.projection import is_probe, projected_in_chunks, token_losses

VOCABULARY = 61


@pytest.mark.parametrize("trained, projections", [(True, 6), (False, 3)])
def test_projection_in_chunks_is_the_projection(trained, projections):
    torch.manual_seed(0)
    head = torch.nn.Linear(8, VOCABULARY, bias=True).double().requires_grad_(trained)
    hidden = torch.randn(10, 8, dtype=torch.float64, requires_grad=True)
    wanted = (hidden, *head.parameters()) if trained else (hidden,)
    targets = torch.randint(VOCABULARY, (10,))
    whole = torch.nn.functional.cross_entropy(head(hidden), targets, reduction="none")
    weights = torch.rand(10, dtype=torch.float64)
    expected = torch.autograd.grad((whole * weights).sum(), wanted)
    widths = []
    head.register_forward_hook(lambda module, args, output: widths.append(len(output)))
    chunked = token_losses(hidden, targets, head, chunk=4)
    torch.testing.assert_close(chunked, whole)
    torch.testing.assert_close(torch.autograd.grad((chunked * weights).sum(), wanted), expected)
    assert max(widths) == 4 and len(widths) == projections  # a trained projection is computed again backward
    with torch.no_grad():
        torch.testing.assert_close(token_losses(hidden, targets, head, chunk=4), whole)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_model_that_changes_its_logits_is_found_out(scale):
    torch.manual_seed(0)
    head, hidden = torch.nn.Linear(8, VOCABULARY), torch.randn(1, 5, 8)
    model = type("Model", (), {"get_output_embeddings": lambda self: head})()
    labels, response = torch.randint(VOCABULARY, (1, 5)), torch.tensor([[False, False, True, True, True]])
    with projected_in_chunks(model, response, labels) as losses:
        logits = scale * head(hidden)
    assert logits.shape == (1, 1, VOCABULARY) and is_probe(logits) is (scale == 1.0)
    expected = torch.nn.functional.cross_entropy(head(hidden)[0, 1:4], labels[0, 2:], reduction="none")
    torch.testing.assert_close(losses[0], expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("change", [lambda x: x * 0.5, lambda x: 30 * torch.tanh(x / 30), lambda x: x.clamp(max=1400)])
def test_no_cap_or_scale_of_the_logits_goes_unseen(dtype, change):
    head, hidden = torch.nn.Linear(8, 200).to(dtype), torch.randn(1, 3, 8).to(dtype)
    model = type("Model", (), {"get_output_embeddings": lambda self: head})()
    labels, response = torch.zeros(1, 3, dtype=torch.long), torch.tensor([[False, True, True]])
    with projected_in_chunks(model, response, labels) as losses:
        logits = head(hidden)
    assert is_probe(logits) and not is_probe(change(logits)) and losses[0].dtype == torch.float32


def test_the_projection_is_itself_again_whatever_happens_inside():
    head, hidden = torch.nn.Linear(8, 5), torch.randn(1, 3, 8)
    before = head(hidden)
    model = type("Model", (), {"get_output_embeddings": lambda self: head})()
    labels, response = torch.zeros(1, 3, dtype=torch.long), torch.tensor([[False, True, True]])
    with pytest.raises(KeyError), projected_in_chunks(model, response, labels):
        head(hidden)
        raise KeyError
    with pytest.raises(KeyError), projected_in_chunks(model, response, labels):
        raise KeyError
    torch.testing.assert_close(head(hidden), before)
