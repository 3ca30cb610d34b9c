"""Opens a stream of a port of a terminal server by Jumpstarter's own driver, and prints what comes of it."""

import sys

import anyio
from jumpstarter_driver_pyserial.driver import PySerial


async def main():
    driver = PySerial(url=sys.argv[1], check_present=False)
    try:
        async with driver.connect():
            print("connected")
    except Exception as error:  # noqa: BLE001 - it is what is asked for
        print(f"{type(error).__name__}: {error}")


anyio.run(main)
