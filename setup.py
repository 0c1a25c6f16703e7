"""Beam's `--setup_file` and container images need this file; everything it says stands in pyproject.toml."""

from setuptools import setup

setup()
