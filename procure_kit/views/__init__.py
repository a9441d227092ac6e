"""Pictures, pages and widgets of any stage. Takes what a stage hands on; shows it.

Read code_html.py (a pair, side by side) and figures.py, then pair/, the pair view: where a model looks, in both
programs. explorer.py and reviewing.py are widgets, analysis_pictures.py draws flow over code, live.py a training as it
goes, score_page.py an evaluation. lessons/ checks the notebooks' exercises, and handout.py is a page to print. For
where nothing runs, screenshot.py makes a picture of a page, and still.py of a drawing.
"""
