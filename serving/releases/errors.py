"""What a release can fail with."""


class ReleaseError(Exception):
    """A fault in how a release is asked for, or in the folder of the versions."""


class NoManifestError(ReleaseError):
    """A version that is gone, or that has no manifest, for Malmoi has not pushed it."""


class BusyError(ReleaseError):
    """Another process holds the same folder."""


class RefusedError(ReleaseError):
    """A version that does not pass its verification."""
