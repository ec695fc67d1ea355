"""What harvest.py is made of. A package, so that its names cannot hide those of a user's own modules."""


class Failure(Exception):
    """A failure to report without a traceback: the message says it all."""

    def __init__(self, message, fault="subject"):
        super().__init__(message)
        self.fault = fault
