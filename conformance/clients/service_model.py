"""Prints the model of the service in the form that boto3 and the AWS CLI read, from the API description of Cognate.

With the model, versions that do not know the newest operations have them: aws configure add-model, or a folder in AWS_DATA_PATH.
"""

import json
import pathlib
import sys

COPIED = ("type", "min", "max", "pattern", "enum", "sensitive", "exception", "fault", "document")


def shape(described):
    copied = {name: described[name] for name in COPIED if name in described}
    members = described.get("members", [])
    if described["type"] == "structure":
        copied["members"] = {m["name"]: {"shape": m["shape"]} for m in members}
        required = [m["name"] for m in members if m.get("required")]
        if required:
            copied["required"] = required
    for described_as, name in (("element", "member"), ("key", "key"), ("value", "value")):
        if described_as in described:
            copied[name] = {"shape": described[described_as]}
    return copied


def operation(name, described):
    model = {"name": name, "http": {"method": "POST", "requestUri": "/"}, "errors": [{"shape": e} for e in described["errors"]]}
    for direction in ("input", "output"):
        if direction in described:
            model[direction] = {"shape": described[direction]}
    if described["auth"] != "sigv4":
        model.update(authtype="none", auth=["smithy.api#noAuth"])
    return model


description = json.loads(pathlib.Path(sys.argv[1]).read_text())
metadata = description["metadata"]
json.dump(
    {
        "version": "2.0",
        "metadata": {
            "apiVersion": metadata["apiVersion"],
            "endpointPrefix": "cognito-idp",
            "jsonVersion": metadata["jsonVersion"],
            "protocol": "json",
            "protocols": ["json"],
            "serviceFullName": "Amazon Cognito Identity Provider",
            "serviceId": "Cognito Identity Provider",
            "signatureVersion": "v4",
            "signingName": metadata["signingName"],
            "targetPrefix": metadata["targetPrefix"],
            "uid": "cognito-idp-" + metadata["apiVersion"],
        },
        "operations": {name: operation(name, o) for name, o in description["operations"].items()},
        "shapes": {name: shape(s) for name, s in description["shapes"].items()},
    },
    sys.stdout,
)
