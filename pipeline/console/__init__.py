"""The command line: one command a file, each a thin function over the library."""
