from jumpstarter_driver_ssh.client import SSHCommandRunOptions


def drive(run):
    ssh = run.node
    run.check("the user", ssh.username, run.facts["user"])
    for direct in [False, True]:
        result = ssh.run(SSHCommandRunOptions(direct=direct), ["echo here; exit 3"])
        run.check(f"a command, direct: {direct}", [result.stdout, result.return_code], ["here\n", 3])
