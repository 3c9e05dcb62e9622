"""The one error of this package."""


class NetworkError(Exception):
    """Something about the network is wrong; the message says what, and which command to type next."""
