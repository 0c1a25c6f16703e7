"""The report of a run: one HTML file that needs neither a network nor a program."""
