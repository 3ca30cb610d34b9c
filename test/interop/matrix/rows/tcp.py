import socket

from jumpstarter_driver_network.adapters import TcpPortforwardAdapter
from run import half_close, receive_all


def count(network, size):
    """What the counter at the other end answers, after our end."""
    with network.stream() as stream:
        for start in range(0, size, 60_000):
            stream.send(b"y" * min(60_000, size - start))
        half_close(stream)
        return receive_all(stream).decode()


def count_by_port(network, size):
    with TcpPortforwardAdapter(client=network) as address, socket.create_connection(address) as connection:
        connection.sendall(b"y" * size)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


def drive(run):
    counter, hidden, nobody = run.node.counter, run.node.hidden, run.node.nobody
    run.check("half-close", count(counter, 300_000), "300000 bytes")
    run.check("through a local port", count_by_port(counter, 5_000), "5000 bytes")
    run.check("address", counter.address(), f"tcp://{run.facts['address']}")
    run.fails("an address that is not told", hidden.address, "DriverInvalidArgument", "enable_address mode is not true")

    def read_from_nobody():
        with nobody.stream() as stream:
            return stream.receive()

    run.fails("a connection that nobody takes", read_from_nobody, "BrokenResourceError", "")
