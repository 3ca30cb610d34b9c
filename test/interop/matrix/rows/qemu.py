from urllib.parse import parse_qs, urlparse

from websockets.sync.client import connect


def drive(run):
    machine, image = run.node, run.facts["image"]
    run.check("the class", type(machine).__name__, "QemuClient")
    run.check("the host name", machine.hostname, "demo")
    run.check("the user", [machine.username, machine.password], ["jumpstarter", "password"])
    machine.set_memory_size("96M")
    run.fails("no size", lambda: machine.set_memory_size("plenty"), "DriverInvalidArgument", "plenty")
    machine.flasher.flash(f"{image}.gz")
    run.fails(
        "no partition", lambda: machine.flasher.flash(image, target="nowhere"), "DriverInvalidArgument", "nowhere"
    )
    machine.power.on()
    with machine.console.pexpect() as console:
        run.check("the guest", console.expect(["nothing", "ready"], timeout=120), 1)
        console.send("hello")
        run.check("what it echoes", console.expect(["nothing", "hello"], timeout=120), 1)
    # A browser waits for no answer when it closes. The client's bridge has none until the screen changes (`streams/websocket.py`).
    with machine.novnc() as url, connect(
        f"ws://127.0.0.1:{parse_qs(urlparse(url).query)['port'][0]}", compression=None, close_timeout=0.1
    ) as viewer:
        run.matches("the screen", viewer.recv().decode(), r"^RFB 003\.\d{3}\n")
    run.fails("flashing a machine that is on", lambda: machine.flasher.flash(image), "DriverError", "ABORTED")
    run.fails("no readings", lambda: list(machine.power.read()), "DriverError", "read")
    machine.power.off()
