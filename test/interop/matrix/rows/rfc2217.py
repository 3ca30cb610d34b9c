def drive(run):
    serial = run.node
    with serial.pexpect() as console:
        console.send("login: ")
        run.check("what comes back", console.expect(["nothing", "login: "], timeout=60), 1)
        run.check("dtr", serial.call("set_dtr", False), None)
        run.check("rts", serial.call("set_rts", True), None)
