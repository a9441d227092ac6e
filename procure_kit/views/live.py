"""The loss's terms as a figure that grows while a run goes on, in a notebook.

curves = LiveCurves()
display(curves.figure)
pk.train(model, tokenizer, examples, config, callbacks=[curves])
"""

import plotly.graph_objects as go
from transformers import TrainerCallback

from procure_kit.extras import load
from procure_kit.views.figures import loss_curves


class LiveCurves(TrainerCallback):
    """Adds each logged step to `figure`, a plotly FigureWidget with one trace a term."""

    def __init__(self):
        load("anywidget")  # plotly's FigureWidget does without it until it is made
        self.rows = []
        self.figure = go.FigureWidget(loss_curves([]))

    def on_train_begin(self, args, state, control, **kwargs):
        """A run that goes on where it stopped begins with what was logged before."""
        self.rows = [row for row in state.log_history if "nll" in row]
        self._draw()

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "nll" not in logs:
            return  # the summary that ends a run
        self.rows.append(logs | {"step": state.global_step})
        self._draw()

    def _draw(self) -> None:
        with self.figure.batch_update():
            for shown, trace in zip(self.figure.data, loss_curves(self.rows).data, strict=True):
                shown.x, shown.y = trace.x, trace.y
