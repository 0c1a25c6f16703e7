"""The data's contract in git: what its changes mean, how it is begun and how it is loosened."""
