"""The two channels and their mixture: each as it is trained and, without Keras, as it serves."""
