"""Reads and writes configurations with Jumpstarter's own code; tells what came of it on stdout, as JSON."""

import json
import sys
from pathlib import Path

import yaml
from jumpstarter.config.client import ClientConfigV1Alpha1, ClientConfigV1Alpha1Drivers
from jumpstarter.config.common import ObjectMeta
from jumpstarter.config.exporter import ExporterConfigV1Alpha1, ExporterConfigV1Alpha1DriverInstance
from jumpstarter.config.user import UserConfigV1Alpha1

COMPOSITE = "jumpstarter_driver_composite.driver.Composite"


def attempt(work):
    try:
        return {"value": work()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def client(alias):
    config = ClientConfigV1Alpha1.load(alias)
    return config.model_dump(mode="json", exclude={"path", "alias"})


def exporter(path):
    config = ExporterConfigV1Alpha1.load_path(Path(path))
    return config.model_dump(mode="json", by_alias=True, exclude={"path", "alias", "export"})


def tree(path):
    """What a report would say of each node; drivers are numbered by their first place."""
    config = ExporterConfigV1Alpha1.load_path(Path(path))
    root = ExporterConfigV1Alpha1DriverInstance(
        type=COMPOSITE, description=config.description, children=config.export
    ).instantiate()
    numbers = {}
    nodes = []
    for _, parent, name, driver in root.enumerate():
        report = driver.report(parent=parent, name=name)
        number = numbers.setdefault(report.uuid, len(numbers))
        labels = {key: value for key, value in report.labels.items() if key != "jumpstarter.dev/name"}
        nodes.append(
            {
                "number": number,
                "parent": numbers[report.parent_uuid] if report.parent_uuid else None,
                "name": name or "",
                "labels": labels,
                "description": report.description,
                "methods": dict(report.methods_description),
            }
        )
    return nodes


def save(folder):
    """Files as `jmp config` writes them."""
    metadata = ObjectMeta(namespace="lab", name="theirs")
    ClientConfigV1Alpha1.save(
        ClientConfigV1Alpha1(
            alias="theirs",
            metadata=metadata,
            endpoint="grpc.example.com:443",
            token="their-token",
            refresh_token="on",
            drivers=ClientConfigV1Alpha1Drivers(allow=["a.b", "UNSAFE"]),
            grpcOptions={"a": 1, "b": "1"},
        )
    )
    ExporterConfigV1Alpha1.save(
        ExporterConfigV1Alpha1(alias="theirs", metadata=metadata, endpoint="grpc.example.com:443", token="010")
    )
    return True


def scalar(word):
    """Its kind and its value; of what is no JSON, the kind alone."""
    try:
        value = yaml.safe_load(f"- {word}")[0]
    except yaml.YAMLError:
        return ["error", None]
    kind = type(value).__name__
    return [kind, None if kind == "date" else value]


tasks = json.load(sys.stdin)
json.dump(
    {
        "save": attempt(lambda: save(tasks["folder"])),
        "clients": {alias: attempt(lambda: client(alias)) for alias in tasks["clients"]},
        "current": attempt(lambda: UserConfigV1Alpha1.load().config.current_client.alias),
        "exporters": {path: attempt(lambda: exporter(path)) for path in tasks["exporters"]},
        "trees": {path: attempt(lambda: tree(path)) for path in tasks["trees"]},
        "scalars": [scalar(word) for word in tasks["scalars"]],
        "written": yaml.safe_load(tasks["written"]),
    },
    sys.stdout,
    default=str,
)
