"""Talks to an RFC 2217 server, whose port is the argument, with pyserial's client; prints what came of it as JSON."""

import json
import sys

import serial

every_byte = bytes(range(256)) * 16
with serial.serial_for_url(f"rfc2217://127.0.0.1:{sys.argv[1]}", baudrate=57600, timeout=30) as port:
    port.write(every_byte)
    echoed = port.read(len(every_byte)) == every_byte
    port.dtr = False
    port.rts = False
    print(json.dumps({"echoed": echoed}))
