"""Drives a served tree with the stock client, and writes what came of each step to a file, as JSON."""

import hashlib
import json
import sys
from pathlib import Path

from anyio import EndOfStream
from jumpstarter.utils.env import env

image, dumped, answers = map(Path, sys.argv[1:])
results = {}


def step(name):
    def run(act):
        try:
            results[name] = {"value": act()}
        except Exception as error:  # noqa: BLE001 - what it is, is the result
            while isinstance(error, BaseExceptionGroup):
                [error] = error.exceptions
            results[name] = {"error": type(error).__name__, "text": str(error).split(" (Caused by: ")[0]}

    return run


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive_all(stream):
    received = b""
    while True:
        try:
            received += stream.receive()
        except EndOfStream:
            return received


with env() as client:

    @step("tree")
    def _():
        return {name: type(child).__name__ for name, child in client.children.items()}

    @step("on")
    def _():
        return client.power.on()

    @step("read")
    def _():
        return [reading.model_dump() for reading in client.power.read()]

    @step("values")
    def _():
        return client.mirror.call("reflect", {"int": 1, "float": 1.5, "text": "grüße", "list": [True, None], "deep": {"a": {}}})

    @step("echo")
    def _():
        with client.echo.stream() as stream:
            stream.send(b"hello")
            first = stream.receive()
            stream.send(b"x" * 200_000)
            stream.portal.call(stream.stream.send_eof)
            return [first.decode(), len(receive_all(stream))]

    @step("half_close")
    def _():
        # The server counts what comes until our end, and only then answers.
        with client.counter.stream() as stream:
            for _ in range(10):
                stream.send(b"y" * 1000)
            stream.portal.call(stream.stream.send_eof)
            return receive_all(stream).decode()

    @step("flash")
    def _():
        client.flasher.flash(str(image))
        return digest(image)

    @step("dump")
    def _():
        client.flasher.dump(str(dumped))
        return digest(dumped)

    for encoding in ["gzip", "xz", "bz2", "zstd"]:

        @step(f"flash_{encoding}")
        def _():
            packed = image.with_name(f"small.{encoding}")
            client.flasher.flash(str(packed), target=encoding, compression=encoding)
            client.flasher.dump(str(dumped), target=encoding)
            return dumped.read_bytes().decode()

    @step("dump_gzip")
    def _():
        import gzip

        client.flasher.dump(str(dumped), target="gzip", compression="gzip")
        return gzip.decompress(dumped.read_bytes()).decode()

    @step("config")
    def _():
        return client.power.call("on", 1, 2)

    @step("unsupported")
    def _():
        return client.power.rescue()

    @step("wrong_kind")
    def _():
        return client.power.call("read")

    @step("not_found")
    def _():
        return client.flasher.dump(str(dumped), target="nowhere")

    @step("image")
    def _():
        return client.flasher.flash(str(image.with_name("small.xz")), compression="gzip")

    @step("state")
    def _():
        client.machine.power.on()
        return client.machine.flasher.flash(str(image.with_name("small.xz")))

    @step("busy")
    def _():
        return client.occupied.on()

    @step("device")
    def _():
        return client.meter.on()

    for name in ["allocate", "launch", "wait", "expect", "misunderstand", "reach", "crash"]:

        @step(name)
        def _():
            return client.troubles.call(name)

    @step("stream_failed")
    def _():
        return list(client.meter.read())

    @step("stream_refused")
    def _():
        with client.nobody.stream() as stream:
            return stream.receive().decode()

    @step("status")
    def _():
        return str(client.portal.call(client.get_status_async))

    @step("end_session")
    def _():
        return client.portal.call(client.end_session_async)

answers.write_text(json.dumps(results))
