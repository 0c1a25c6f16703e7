"""The architectures, one file each: `build` makes the Keras model, `Scorer` is what serves."""
