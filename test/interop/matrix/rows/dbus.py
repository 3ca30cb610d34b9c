from os import environ
from subprocess import run as run_program


def ask_for_id():
    """What the bus of $DBUS_SESSION_BUS_ADDRESS says it is."""
    ask = ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId"]
    done = run_program(["dbus-send", "--session", "--print-reply=literal", *ask], capture_output=True, check=True, text=True)
    return done.stdout.strip()


def drive(run):
    bus, nobody = run.node.bus, run.node.nobody
    run.check("its kind", bus.kind, "session")
    with bus:
        run.matches("the variable of the bus", environ["DBUS_SESSION_BUS_ADDRESS"], "^tcp:host=")
        run.check("its id", ask_for_id(), run.facts["id"])

    def read_from_nobody():
        with nobody.stream() as stream:
            return stream.receive()

    run.fails("a bus that is not there", read_from_nobody, "BrokenResourceError", "")
