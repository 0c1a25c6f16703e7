"""Releases: whole versions with a manifest, which of them serves, and the way back.

Everything lies in one folder, `base`, whose name is the model's name:

    1795239051/                 a version: a SavedModel
    1795239051/malmoi/          its manifest and the statistics of its data
    releases.json               the truth: which version is stable, canary, pinned, and since when
    models.config               what TensorFlow Serving reads, written from releases.json
    models.container.config     the same for a server in a container
"""
