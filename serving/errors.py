"""What a request can be refused with, once for REST and gRPC."""

from enum import Enum


class Code(Enum):
    """A canonical status code: its number (google.rpc.Code) and its HTTP status.

    The HTTP statuses are TensorFlow Serving's but for one: a full server answers 503, which tells
    every HTTP client and load balancer to try again, where TensorFlow Serving answers 429.
    """

    OK = (0, 200)
    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 503)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)
    DATA_LOSS = (15, 500)
    UNAUTHENTICATED = (16, 401)

    @property
    def number(self) -> int:
        """The code's number in google.rpc.Code."""
        return self.value[0]

    @property
    def http_status(self) -> int:
        """The HTTP status that carries this code."""
        return self.value[1]

    @classmethod
    def of_number(cls, number: int) -> "Code":
        """The code with this number; an unknown number is `UNKNOWN`."""
        return next((code for code in cls if code.number == number), cls.UNKNOWN)


class ServingError(Exception):
    """A request, a configuration or a version that the server refuses, with its code."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> ServingError:
    """The refusal of a request that can never succeed as it stands."""
    return ServingError(Code.INVALID_ARGUMENT, message)
