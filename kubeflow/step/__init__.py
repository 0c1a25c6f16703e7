"""One step in its container: between what the launcher hands over and what TFX expects."""
