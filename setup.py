"""For Beam's `--setup_file` and container images; all that it says stands in pyproject.toml."""

from setuptools import setup

setup()
