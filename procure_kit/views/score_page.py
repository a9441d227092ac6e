"""An evaluation as one page that needs no network: the table, the scores and the memorisation probe as charts."""

from html import escape

from procure_kit.evaluation.evaluation import Report
from procure_kit.evaluation.metrics import WHOLE
from procure_kit.views import figures

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; color: #222 }}
table {{ border-collapse: collapse; font-size: 13px }} td, th {{ padding: .25em .7em; border-bottom: 1px solid #ddd;
text-align: right; white-space: nowrap }} td:first-child, th:first-child {{ text-align: left }}
.wide {{ overflow-x: auto }}</style>
<h1>{title}</h1><p>{about}</p><div class="wide">{table}</div>{charts}</html>
"""


def page(report: Report, title: str) -> str:
    """The whole page as HTML."""
    about = (
        f"{len(report.rows)} rows of {len({row['task_id'] for row in report.rows})} problems. Per cent, with 95 % "
        f"bootstrap intervals over problems. Left out: {report.left_out}; faults of the server: {len(report.faults)}."
    )
    about += "".join(f"<br>{escape(note)}" for note in report.notes())
    charts = [figures.scores(report, tuple(report.metrics) if report.concepts == [WHOLE] else figures.SCORES)]
    if probe := report.memorisation():
        charts.append(figures.memorisation(probe))
    html = "".join(chart.to_html(full_html=False, include_plotlyjs=number == 0) for number, chart in enumerate(charts))
    return PAGE.format(title=escape(title), about=about, table=_table(report.to_markdown()), charts=html)


def _table(markdown: str) -> str:
    head, _, *rows = [line.strip("| ").split(" | ") for line in markdown.splitlines()]

    def cells(row: list[str], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in row) + "</tr>"

    return f"<table>{cells(head, 'th')}{''.join(cells(row, 'td') for row in rows)}</table>"
