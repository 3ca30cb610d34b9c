def collect(run, *args):
    outputs = list(run.node.streamingcall("call_method", *args))
    return ["".join(out for out, _, _ in outputs), "".join(err for _, err, _ in outputs), outputs[-1][2]]


def drive(run):
    node = run.node
    run.check("the scripts", node.call("get_methods"), ["greet", "fail", "slow"])
    run.check("greet", collect(run, "greet", {"WHO": "python"}, "you"), ["hello you from python\n", "bye\n", 0])
    run.check("greet, as a method", node.greet("you", WHO="python"), 0)
    run.check("fail", node.fail(), 3)
    output, error, code = collect(run, "slow", {})
    run.check("a script whose time was up", [output, code], ["begun\n", 199])
    run.matches("a script whose time was up: why", error, "Timeout expired while running slow")
    run.fails("a name that is guarded", lambda: node.greet("you", LD_PRELOAD="x"), "DriverInvalidArgument", "LD_PRELOAD")
    run.fails("a script that is not there", lambda: collect(run, "none", {}), "DriverInvalidArgument", "none")
    run.fails("a method that is not there", lambda: node.none(), "AttributeError", "none")
