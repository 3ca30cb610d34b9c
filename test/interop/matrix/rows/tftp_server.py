import subprocess


def drive(run):
    node = run.node
    node.start()
    run.check("host", node.get_host(), "127.0.0.1")
    port = int(node.get_port())
    node.storage.write_bytes("by-python", b"a boot loader")
    curl = ["curl", "--silent", "--show-error", f"tftp://127.0.0.1:{port}/by-python"]
    run.check("what is fetched", subprocess.run(curl, capture_output=True, text=True).stdout, "a boot loader")
    run.check("a name with a folder", subprocess.run([*curl[:3], f"tftp://127.0.0.1:{port}/no/such"], capture_output=True).returncode, 68)
    node.stop()
