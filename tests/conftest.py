"""For all tests: our own package comes before TensorFlow, whose Keras it chooses."""

import trainer  # noqa: F401
