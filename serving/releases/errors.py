"""What a release can fail with."""


class ReleaseError(Exception):
    """A fault in how a release is asked for, or in the folder of the versions."""


class BusyError(ReleaseError):
    """Another process changes the same folder."""


class RefusedError(ReleaseError):
    """A version that does not pass its verification."""
