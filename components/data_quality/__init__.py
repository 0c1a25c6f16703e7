"""Data quality: duplicates, leakage, conflicting labels, imbalance and personal data, located."""
