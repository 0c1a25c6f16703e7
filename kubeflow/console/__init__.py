"""The `malmoi kubeflow` commands, one a file."""
