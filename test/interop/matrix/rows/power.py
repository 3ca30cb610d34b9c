def drive(run):
    power = run.node
    run.check("the class", type(power).__name__, "PowerClient")
    run.check("on", power.on(), None)
    run.check("off", power.off(), None)
    readings = [reading.model_dump() for reading in power.read()]
    run.check("read", readings, [{"voltage": 0, "current": 0}, {"voltage": 5, "current": 2}])
    run.fails("a method of another kind", lambda: power.call("read"), "DriverMethodNotImplemented", "marker_drivercall")
    run.fails("no such method", lambda: power.rescue(), "DriverMethodNotImplemented", "method rescue not found on driver")
    run.fails("one argument too many", lambda: power.call("on", 1), "DriverInvalidArgument", "takes no arguments, got 1")
