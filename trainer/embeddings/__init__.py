"""Word vectors, learnt in Beam from the texts that Transform reads, labelled or not."""
