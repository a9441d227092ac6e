"""The picture of a training run: loss over tokens, as SVG."""

import math


def loss_curve(points: list[tuple[int, float]]) -> str:
    """An SVG of (tokens, loss in nats a token), the losses on a logarithmic scale from 0.5 to 8."""
    width, height, left, top = 640, 320, 50, 20
    furthest = points[-1][0]

    def across(tokens: float) -> float:
        return left + (width - left - 20) * tokens / furthest

    def down(loss: float) -> float:
        return top + (height - 2 * top - 20) * (1 - math.log(loss / 0.5) / math.log(16))

    ticks = "".join(
        f'<line x1="{left}" x2="{width - 20}" y1="{down(v):.0f}" y2="{down(v):.0f}" stroke="#ddd"/>'
        f'<text x="{left - 8}" y="{down(v) + 4:.0f}" text-anchor="end">{v:g}</text>'
        for v in (0.5, 1, 2, 4, 8)
    )
    curve = " ".join(f"{across(tokens):.1f},{down(loss):.1f}" for tokens, loss in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>{ticks}'
        f'<polyline points="{curve}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>'
        f'<text x="{left}" y="{height - 8}">loss in nats a token over {furthest / 1e6:.1f} million tokens</text>'
        "</svg>\n"
    )
