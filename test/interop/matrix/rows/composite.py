def drive(run):
    run.check("the class", type(run.node).__name__, "CompositeClient")
    run.check("what is below", list(run.node.children), ["inner"])
    run.check("a call two levels down", run.node.inner.power.on(), None)
    run.fails("what is not there", lambda: run.node.console, "AttributeError", "console")
