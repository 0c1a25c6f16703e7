"""The pipeline: configuration, graph, runners and the command line."""

import trainer as trainer  # sets the Keras version before a module here imports TFX or TensorFlow
