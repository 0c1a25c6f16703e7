"""For all tests: our own package comes before TensorFlow, whose Keras it chooses."""

import signal

import trainer  # noqa: F401

from hypothesis import settings  # isort: skip

settings.register_profile("malmoi", deadline=None)  # a busy machine is no failure
settings.load_profile("malmoi")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a shell's job in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the runs that tests strike hear it
