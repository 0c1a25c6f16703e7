"""The TFX components that TFX lacks: a spec, a thin executor and plain rules in each folder."""

import trainer as trainer  # sets the Keras version before TFX imports TensorFlow
