"""Kubeflow Pipelines: the same graph on an open-source cluster."""
