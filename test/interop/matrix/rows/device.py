def drive(run):
    with run.node.pexpect() as console:
        console.send("U-Boot> ")
        run.check("what comes back", console.expect(["nothing", "U-Boot> "], timeout=60), 1)
    run.check("close", run.node.call("close"), None)
