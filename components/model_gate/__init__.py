"""The model gate: judges a trained model before any push, and keeps its verdict."""
