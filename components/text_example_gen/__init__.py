"""TextExampleGen: labelled text becomes examples, and every bad row is told by its line."""
