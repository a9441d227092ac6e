"""Ctrl-C in a training run: the first ends the step, leaves a checkpoint and stops; the second is an ordinary one."""

import signal
import threading

from transformers import TrainerCallback


class Interruptible(TrainerCallback):
    """A context in which Ctrl-C is caught, and the callback that then stops the Trainer. `asked`: it came."""

    asked = False

    def __enter__(self):
        self.main = threading.current_thread() is threading.main_thread()  # only there can signals be caught
        if self.main:
            self.previous = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error):
        if self.main:
            signal.signal(signal.SIGINT, self.previous)

    def _note(self, number, frame):
        self.asked = True
        signal.signal(signal.SIGINT, self.previous)

    def on_step_end(self, args, state, control, **kwargs):
        if self.asked:
            control.should_training_stop = True
            control.should_save = args.save_strategy != "no"
