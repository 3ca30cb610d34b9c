def drive(run):
    serial = run.node
    run.check("the class", type(serial).__name__, "PySerialClient")
    with serial.pexpect() as console:
        console.send("login: ")
        run.check("what comes back", console.expect(["nothing", "login: "], timeout=60), 1)
    run.check("close", serial.call("close"), None)
    run.check("dtr", serial.call("set_dtr", True), None)
    run.check("rts", serial.call("set_rts", False), None)
    run.fails("no level", lambda: serial.call("set_rts", "high"), "DriverInvalidArgument", "set_rts")
