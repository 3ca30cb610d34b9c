"""The main job, as users of the stock client write it: flash, power on, look, log in, make permissive, ssh, power off."""

import json
import sys
from urllib.parse import parse_qs, urlparse

from jumpstarter.utils.env import env
from websockets.sync.client import connect

image, answers = sys.argv[1:]
PATIENCE = 20 * 60
seen = {}

with env() as machine:
    machine.flasher.flash(image)
    machine.power.on()
    with machine.novnc() as url:
        port = parse_qs(urlparse(url).query)["port"][0]
        # A browser waits for no answer when it closes. The client's bridge has none until the screen changes (`streams/websocket.py`).
        with connect(f"ws://127.0.0.1:{port}", compression=None, close_timeout=0.1) as viewer:
            seen["screen"] = viewer.recv().decode()
    with machine.console.pexpect() as console:
        console.logfile_read = open(f"{answers}.console", "wb")
        console.expect("login: ", timeout=PATIENCE)
        console.sendline(machine.username)
        console.expect("Password: ", timeout=PATIENCE)
        console.sendline(machine.password)
        console.expect(r"[$#] ", timeout=PATIENCE)
        console.sendline("sudo setenforce 0 && echo now $(sudo getenforce)")
        console.expect(r"now (\w+)", timeout=PATIENCE)
        seen["selinux"] = console.match.group(1).decode()
    with machine.shell() as ssh:
        seen["release"] = ssh.run("uname -r", hide=True).stdout.strip()
    machine.power.off()

with open(answers, "w") as file:
    json.dump(seen, file)
