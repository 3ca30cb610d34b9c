"""A test as users of Jumpstarter have it: pytest, jumpstarter-testing, and the commands of a lab."""

import os
import subprocess

import pytest
from jumpstarter_testing.pytest import JumpstarterTest


class TestBoard(JumpstarterTest):
    selector = "board=7"

    def test_power(self, client):
        client.power.on()
        readings = list(client.power.read())
        assert [reading.voltage for reading in readings] == [0.0, 5.0]
        client.power.off()

    def test_echo(self, client):
        with client.echo.stream() as stream:
            stream.send(b"hello")
            assert stream.receive() == b"hello"

    def test_command(self):
        done = subprocess.run(["j", "power", "on"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def test_our_command(self):
        subprocess.run(["jl", "power", "on"], check=True)

    @pytest.mark.skipif("FAIL" not in os.environ, reason="only to see how a failure is passed on")
    def test_failure(self, client):
        client.power.call("explode")
