"""Statistics of the columns and of the text itself, and the distance between two data sets."""
