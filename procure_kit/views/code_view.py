"""Something a notebook shows as HTML and a terminal as text."""


class CodeView:
    """Something a notebook shows as HTML and a terminal as text."""

    def __init__(self, html: str, text: str):
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text
