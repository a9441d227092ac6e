"""The exported pair view in a real browser with the network off: chosen, read aloud, walked by keys, and not hacked."""

import io

import numpy as np
import pytest
from PIL import Image

import procure_kit as pk
from procure_kit.views.pair.measuring import LONGEST_MAP
from tests.views.browsing import MARKS, chromium, offline, shot
from tests.views.pair.test_alignment import SOURCE

pytestmark = MARKS
HOSTILE = (
    '''def f(xs: list):
    """</script><img src=x onerror="window.hacked=1"> & <script>window.hacked=1</script> \u2028 '"""
    total = "<b>" + `"`
'''.replace('`"`', "'&quot;'")
    + '    for x in xs:\n        total += "<svg onload=window.hacked=1>"\n    return total\n'
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def tiny():
    return pk.load_model("tiny")


@pytest.fixture(scope="module")
def pair(tiny):
    return pk.attention_pair(*tiny, pk.perturb(SOURCE, "variable_name_random"))


@pytest.fixture(scope="module")
def saved(pair, tmp_path_factory):
    return pair.save_html(tmp_path_factory.mktemp("pair") / "pair.html")


@pytest.fixture
def page(browser, saved):
    with offline(browser, saved, viewport={"width": 1200, "height": 1500}) as opened:
        yield opened
        assert opened.trouble == []


def drawn(page, act) -> None:
    """Do something and wait until it is drawn."""
    act()
    page.wait_for_selector("body[data-drawn]")


def shares(page, side: int) -> list[float]:
    """What the titles say of each unit of a side, in per cent."""
    titles = page.locator(f'.u[data-side="{side}"]').evaluate_all("all => all.map(u => [u.dataset.unit, u.title])")
    found = {int(unit): float(title.split(" %")[0].replace("−", "-")) for unit, title in titles}
    return [found[unit] for unit in sorted(found)]


def test_a_click_on_a_token_shows_its_row_on_both_sides(page, pair):
    layer, head = np.unravel_index(pair.sides[1].mass.argmax(), pair.sides[1].mass.shape)
    units = pair.sides[1].units("token")
    unit = max(i for i, u in enumerate(units) if u["label"] == "return")
    drawn(page, lambda: page.click(f'.u[data-side="1"][data-unit="{unit}"]'))
    for side in (0, 1):
        row = pair.sides[side].maps.map(layer, head, "token")[unit]  # names are whole units: the sides correspond
        assert shares(page, side) == pytest.approx(100 * row, abs=0.06)
    assert "return (counterfactual, line 10)" in page.text_content("#status")
    shot(page, "pair_light")


def test_several_tokens_and_a_line_count_as_one(page, pair):
    drawn(page, lambda: page.click('.pane >> nth=1 >> [data-line="5"].number'))
    chosen = page.locator('.u[data-side="1"][aria-pressed="true"]').evaluate_all("all => all.map(u => +u.dataset.unit)")
    units = pair.sides[1].units("token")
    assert {units[u]["start"] for u in chosen} and all("total" not in units[u]["label"] for u in chosen)
    layer, head = np.unravel_index(pair.sides[1].mass.argmax(), pair.sides[1].mass.shape)
    weights = np.array([units[u]["tokens"] for u in chosen])
    row = weights @ pair.sides[1].maps.map(layer, head, "token")[chosen] / weights.sum()
    assert shares(page, 1) == pytest.approx(100 * row, abs=0.06)
    drawn(page, lambda: page.click(f'.u[data-side="1"][data-unit="{chosen[0]}"]', modifiers=["Shift"]))
    assert page.locator('.u[aria-pressed="true"]').count() == len(chosen) - 1


def test_the_difference_is_signed_and_aligned(page, pair):
    drawn(page, lambda: page.select_option("#view", "line"))
    drawn(page, lambda: page.select_option("#show", "sides"))
    layer, head = np.unravel_index(pair.sides[1].mass.argmax(), pair.sides[1].mass.shape)
    means = []
    for side in pair.sides:
        tokens = np.array([u["tokens"] for u in side.units("line")])
        means.append(tokens @ side.maps.map(layer, head, "line") / tokens.sum())
    assert shares(page, 1) == pytest.approx(100 * (means[1] - means[0]), abs=0.06)
    assert shares(page, 0) == shares(page, 1)
    shot(page, "pair_difference")


def test_a_head_is_chosen_by_mouse_and_by_keys(page, pair):
    grids = page.locator(".grid")
    assert grids.count() == 4 and grids.first.locator("td").count() == pair.sides[0].mass.size
    mass = pair.sides[0].mass[2, 3]
    assert grids.first.locator('[data-layer="2"][data-head="3"]').get_attribute("aria-label") == (
        f"layer 2, head 3: {100 * mass:.1f} %"
    )
    drawn(page, lambda: grids.nth(1).locator('[data-layer="2"][data-head="3"]').click())
    assert page.input_value("#layer") == "2" and page.input_value("#head") == "3"
    page.keyboard.press("ArrowDown")
    drawn(page, lambda: page.keyboard.press("Enter"))
    assert page.input_value("#layer") == "3" and "Layer 3, head 3" in page.text_content("#status")
    assert grids.first.locator("thead th[colspan]").count() == pair.kv_heads


def test_keys_walk_the_code_and_widen_to_the_node(page):
    page.locator('.u[data-side="1"]').first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    drawn(page, lambda: page.keyboard.press("ArrowRight"))
    drawn(page, lambda: page.keyboard.press("Enter"))
    assert page.locator('.u[aria-pressed="true"]').count() == 1
    drawn(page, lambda: page.keyboard.press("n"))
    wider = page.locator('.u[aria-pressed="true"]').count()
    assert wider > 1 and ":" in page.text_content("#status")
    drawn(page, lambda: page.keyboard.press("Escape"))
    assert page.locator('.u[aria-pressed="true"]').count() == 0


@pytest.mark.parametrize("view", ["statement", "expression", "line"])
def test_every_view_shows_the_whole_program(page, pair, view):
    drawn(page, lambda: page.select_option("#view", view))
    assert page.locator(f"#view option[value={view}]").count() == 1
    for side in (0, 1):
        rows = page.locator(".pane").nth(side).locator(".text").all_text_contents()
        assert "\n".join(rows) == pair.sides[side].text


@pytest.mark.parametrize(
    "name, look",
    [
        ("dark", {"viewport": {"width": 1200, "height": 1400}, "color_scheme": "dark"}),
        ("zoom_200", {"viewport": {"width": 640, "height": 700}, "device_scale_factor": 2}),
        ("narrow", {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}),
    ],
)
def test_nothing_is_cut_off(browser, saved, name, look):
    with offline(browser, saved, **look) as page:
        shot(page, f"pair_{name}", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        parts = page.locator("#heads > div, #maps > div")
        assert parts.evaluate_all("all => all.every(part => part.scrollWidth <= part.clientWidth)")
        assert page.trouble == []


def test_ink_on_every_shade_can_be_read(browser, saved):
    """WCAG's contrast of text and ground, of every piece of code, light and dark; 4.5 is AA."""
    contrast = """() => {
      const linear = x => x <= 0.04 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
      const luminance = css => {
        const [r, g, b] = css.match(/[\\d.]+/g).map(x => linear(x / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return Math.min(...[...document.querySelectorAll(".pane .u")].map(piece => {
        const { color, backgroundColor } = getComputedStyle(piece);
        const [dark, light] = [color, backgroundColor].map(luminance).sort((x, y) => x - y);
        return (light + 0.05) / (dark + 0.05);
      }));
    }"""
    for scheme in ("light", "dark"):
        with offline(browser, saved, color_scheme=scheme) as page:
            for show in ("attention", "sides"):
                drawn(page, lambda page=page, show=show: page.select_option("#show", show))
                assert page.evaluate(contrast) >= 4.5


def test_an_underscore_stands_on_its_pieces_ground(browser, saved):
    """In white ink, below a dark ground, it would be lost."""
    with offline(browser, saved) as page:
        piece = page.locator(".pane .u").nth(1)
        piece.evaluate("u => { u.textContent = '____'; u.style.background = '#f00'; u.style.color = '#0f0'; }")
        red, green, _ = (
            np.asarray(Image.open(io.BytesIO(piece.screenshot())).convert("RGB")).astype(int).transpose(2, 0, 1)
        )
        ink, ground = ((a - b > 60).any(axis=1).nonzero()[0] for a, b in ((green, red), (red, green)))
        assert ink.size and ink.max() < ground.max()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("deficiency", ["protanopia", "deuteranopia", "tritanopia"])
def test_a_colour_blind_reader_tells_the_scales_ends_apart(browser, saved, scheme, deficiency):
    """As Chromium simulates it: less, nothing and more of the difference, and little and much of the attention."""
    with offline(browser, saved, color_scheme=scheme) as page:
        vision = page.context.new_cdp_session(page)
        vision.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
        for show, places in {"attention": (0.05, 0.95), "sides": (0.05, 0.5, 0.95)}.items():
            drawn(page, lambda page=page, show=show: page.select_option("#show", show))
            ramp = np.asarray(Image.open(io.BytesIO(page.locator("#legend .ramp").screenshot())).convert("RGB"))
            row = ramp[len(ramp) // 2].astype(int)
            seen = [row[int(place * len(row))] for place in places]
            assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) > 90


def test_a_file_too_long_for_maps_is_shown_by_line(browser, tiny, tmp_path):
    model, tokenizer = tiny
    text = ""
    for problem in pk.load_problems("kit"):
        text += problem.program + "\n\n" if len(tokenizer(text)["input_ids"]) <= LONGEST_MAP else ""
    pair = pk.attention_pair(model, tokenizer, pk.perturb(text, "variable_name_random"))
    path = pair.save_html(tmp_path / "long.html")
    assert pair.views == ["line"] and path.stat().st_size < 10_000_000
    with offline(browser, path, viewport={"width": 1200, "height": 1200}) as page:
        drawn(page, lambda: page.click('.u[data-side="1"] >> nth=70'))
        assert page.locator('.u[aria-pressed="true"]').count() == 1
        tops = [piece["y"] for piece in (place.bounding_box() for place in page.locator(".u.looking").all())]
        assert len(tops) == 2 and abs(tops[0] - tops[1]) < 2  # the other program was scrolled to the counterpart
        assert page.locator("#note").text_content().startswith("A long program: ")
        shot(page, "pair_long")
        assert page.trouble == []


def test_code_with_markup_stays_text(browser, tiny, tmp_path):
    cf = pk.perturb(HOSTILE, "variable_name_random", task_id="</title><script>window.hacked=1</script>")
    path = pk.attention_pair(*tiny, cf).save_html(tmp_path / "hostile.html")
    with offline(browser, path) as page:
        page.hover('.u[data-side="1"] >> nth=20')
        shot(page, "pair_hostile")
        assert page.evaluate("window.hacked") is None
        assert page.locator("img, svg").count() == 0
        shown = page.locator(".pane").nth(0).locator(".text").all_text_contents()
        assert "\n".join(shown) == HOSTILE
        assert page.trouble == []


def test_every_piece_stands_where_it_is_written(browser, tiny, tmp_path):
    """An emoji is two characters to a script, and Hebrew runs to the left: neither shifts nor reorders the code."""
    text = 'def f(x):\n    total = "🎉🙂" + "אבג"  # שלום עולם\n    total = total + x\n    return total\n'
    pair = pk.attention_pair(*tiny, pk.perturb(text, "variable_name_random"))
    read = "all => all.map(u => [u.textContent, u.getBoundingClientRect().x, +u.dataset.line])"
    with offline(browser, pair.save_html(tmp_path / "bidi.html"), viewport={"width": 1200, "height": 900}) as page:
        for number, side in enumerate(pair.sides):
            pieces = page.locator(f'.u[data-side="{number}"]').evaluate_all(read)
            units = side.units("token")
            assert [piece[0] for piece in pieces] == [side.text[u["start"] : u["end"]].split("\n")[0] for u in units]
            places = [(line, x) for _, x, line in pieces]
            assert places == sorted(places)
        shot(page, "pair_bidi")


def test_two_models_and_what_they_write(browser, tiny, tmp_path):
    model, tokenizer = tiny
    cf = pk.perturb(SOURCE, "variable_name_random")
    pair = pk.attention_pair(model, tokenizer, cf, compare=model, generate=12, names=("plain", "tuned"))
    with offline(browser, pair.save_html(tmp_path / "two.html")) as page:
        drawn(page, lambda: page.select_option("#measurement", label="tuned"))
        drawn(page, lambda: page.select_option("#show", label="tuned − plain"))
        assert set(shares(page, 1)) == {0.0}  # the same model twice
        assert page.locator(".u.generated").count() > 0
        shot(page, "pair_two_models")
        assert page.trouble == []


def test_the_most_divergent_head_is_one_click_away(page, pair):
    layer, head = np.unravel_index(pair.divergences[0].argmax(), pair.divergences[0].shape)
    page.select_option("#layer", "0")
    drawn(page, lambda: page.click("#most"))
    assert page.input_value("#layer") == str(layer) and page.input_value("#head") == str(head)
    cell = page.locator(".grid").nth(3).locator(f'[data-layer="{layer}"][data-head="{head}"]')
    assert cell.get_attribute("aria-label").endswith(f"{100 * pair.divergences[0].max():.1f} %")


def test_in_a_notebook_it_is_as_high_as_it_is_and_in_the_notebooks_theme(browser, pair, tmp_path):
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f'<body data-jp-theme-light="false">{pair.frame()}</body>', encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme="light")
    page.goto(notebook.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator(":root[data-theme=dark]").wait_for()
    page.wait_for_function("document.querySelector('iframe').style.height !== '56rem'")
    inner = frame.locator("body").evaluate("body => [body.scrollHeight, innerHeight]")
    assert inner[0] <= inner[1] + 1  # nothing to scroll inside
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    frame.locator(":root[data-theme=light]").wait_for()
    page.close()
