def drive(run):
    power = run.node.power
    run.check("the same driver", power.uuid == run.client.children["composite"].inner.power.uuid, True)
    run.check("on", power.on(), None)
    run.check("read", [reading.voltage for reading in power.read()], [0, 5])
