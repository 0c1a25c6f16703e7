"""Serving: TensorFlow Serving's API on a laptop, and a client."""
