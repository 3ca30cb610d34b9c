"""Serves a loop as pyserial's own RFC 2217 server does; prints its port. Tells the settings of the last connection for each line of
its standard input, until that ends."""

import json
import socket
import sys
import threading
from contextlib import suppress

import serial
from serial.rfc2217 import PortManager

state = {}


class Connection:
    def __init__(self, peer):
        self.peer = peer
        self.lock = threading.Lock()

    def write(self, data):
        with self.lock:
            self.peer.sendall(data)


def serve(peer):
    port = serial.serial_for_url("loop://", timeout=0.05)
    state["port"] = port
    connection = Connection(peer)
    manager = PortManager(port, connection)

    def to_peer():
        while True:
            data = port.read(port.in_waiting or 1)
            if data:
                connection.write(b"".join(manager.escape(data)))

    threading.Thread(target=to_peer, daemon=True).start()
    with suppress(ConnectionResetError):
        while data := peer.recv(4096):
            port.write(b"".join(manager.filter(data)))


def accept(listener):
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve, args=(peer,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, args=(listener,), daemon=True).start()
print(listener.getsockname()[1], flush=True)
for _ in sys.stdin:
    port = state["port"]
    told = {"baudrate": port.baudrate, "bytesize": port.bytesize, "parity": port.parity, "dtr": port.dtr, "rts": port.rts}
    print(json.dumps(told), flush=True)
