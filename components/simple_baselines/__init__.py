"""Simple baselines: the models that any other must beat, trained in every run."""
