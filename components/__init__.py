"""The TFX components that TFX lacks, one folder each: `component.py`, `executor.py` and plain rules."""

import trainer as trainer  # sets the Keras version before TFX imports TensorFlow
