from pathlib import Path


def drive(run):
    node, top = run.node, f"python-{run.transport['name']}"
    image, read = Path(run.folder) / "image-of-python", Path(run.folder) / "read-by-python"
    image.write_bytes(bytes(range(256)) * 1000)
    node.write_from_path(f"{top}/image", str(image))
    node.read_into_path(f"{top}/image", str(read))
    run.check("what was written", read.read_bytes() == image.read_bytes(), True)
    node.write_bytes(f"{top}/text", b"content")
    run.check("text", node.read_bytes(f"{top}/text").decode(), "content")
    found = node.stat(f"{top}/text")
    run.check("stat", [found.content_length, found.mode.is_file(), found.mode.is_dir()], [7, True, False])
    run.check("sha256", node.hash(f"{top}/text"), "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73")
    run.check("md5", node.hash(f"{top}/text", "md5"), "9a0364b9e99bb480dd25e1f0284c8555")
    node.copy(f"{top}/text", f"{top}/copy")
    node.rename(f"{top}/copy", f"{top}/moved")
    run.check("moved", [node.exists(f"{top}/copy"), node.exists(f"{top}/moved")], [False, True])
    node.create_dir(f"{top}/sub/")
    wanted = [f"{top}/{name}" for name in ["", "image", "moved", "sub/", "text"]]
    run.check("list", sorted(node.list(f"{top}/")), wanted)
    run.check("scan", sorted(node.scan(f"{top}/")), wanted)
    file = node.open(f"{top}/text", "rb")
    run.check("positions", [file.seek(3), file.tell(), file.read_bytes().decode(), file.seek(-2, 2)], [3, 3, "tent", 5])
    run.check("what it can", [file.readable(), file.seekable(), file.writable(), file.closed], [True, True, False, False])
    file.close()
    run.check("closed", file.closed, True)
    run.check("created", f"{top}/moved" in node.get_created_resources(), True)
    capability = node.capability()
    run.check("capability", [capability.read, capability.copy, capability.presign_read], [True, True, False])
    run.fails("presign", lambda: node.presign_read(f"{top}/text", 60), "DriverMethodNotImplemented", "UNIMPLEMENTED")
    run.fails("missing", lambda: node.read_bytes(f"{top}/none"), "DriverMethodNotImplemented", "NOT_FOUND")
    run.fails("outside", lambda: node.read_bytes("../image-of-python"), "DriverInvalidArgument", "INVALID_ARGUMENT")
    node.delete(f"{top}/moved")
    node.delete(f"{top}/moved")
    node.remove_all(f"{top}/")
    run.check("removed", node.exists(f"{top}/image"), False)
