"""What is not ready."""


class NotReady(Exception):
    """No release can be made. Its text says why, and what to do."""
