"""For all tests: our own package comes before TensorFlow, whose Keras it chooses."""

import trainer  # noqa: F401

from hypothesis import settings  # isort: skip

settings.register_profile("malmoi", deadline=None)  # a busy machine is no failure
settings.load_profile("malmoi")
