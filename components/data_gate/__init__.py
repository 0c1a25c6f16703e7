"""The data gate: judges a run's data before any training, and keeps its verdict."""
