"""What becomes the model: text to tokens, vocabulary, architectures, training, export."""

import os

# TFT's layer and TFMA need Keras 2, and the variable counts only before TensorFlow's first use of
# Keras. Every other package that touches TensorFlow imports this one first: it is set here alone.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
