"""What a row of the matrix gets to drive its node by the stock Python client."""

from dataclasses import dataclass
from typing import Any

from anyio import EndOfStream


def first_cause(error):
    """The exception itself, where task groups have wrapped it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        [error] = error.exceptions
    return error


@dataclass
class Run:
    client: Any
    """The client of the root."""
    row: dict
    transport: dict
    """`name` is unix or tls; `env` is what led here."""
    done: list

    @property
    def node(self):
        """The client of the row's node."""
        return self.client.children[self.row["name"]]

    @property
    def facts(self):
        """What the row knows, as JSON carried it."""
        return self.row["facts"]

    @property
    def folder(self):
        return self.row["folder"]

    def check(self, what, got, wanted):
        """One assertion; vitest makes it."""
        self.done.append({"what": self.__where(what), "got": got, "wanted": wanted})

    def matches(self, what, got, pattern):
        """That a text matches a regular expression of JavaScript's."""
        self.done.append({"what": self.__where(what), "got": got, "pattern": pattern})

    def fails(self, what, act, error, pattern):
        """That `act` raises an exception of exactly this class, with a text that matches."""
        try:
            answer = act()
        except BaseException as raised:  # noqa: BLE001 - what it is, is checked
            cause = first_cause(raised)
            self.check(f"{what}: its class", type(cause).__name__, error)
            self.matches(what, str(cause), pattern)
        else:
            self.check(what, f"no exception, but {answer!r}", error)

    def __where(self, what):
        return f"{what}, over {self.transport['name']}"


def receive_all(stream):
    """What a stream says until its end."""
    received = b""
    while True:
        try:
            received += stream.receive()
        except EndOfStream:
            return received


def half_close(stream):
    """Ends our direction of a blocking stream, and leaves the other open."""
    stream.portal.call(stream.stream.send_eof)
