"""What Kubernetes would say of a resource: its own schemas, and those that Istio installs. Unknown fields are errors."""

import pathlib

import jsonschema
import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
KUBERNETES = "1.37"


def strict(schema):
    """A structural schema as a JSON schema that knows every field: Kubernetes drops the others without a word."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    known = "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object"
    if known and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


def custom():
    """Schemas of the resources that Istio installs, by version and kind."""
    found = {}
    for definition in yaml.safe_load_all((HERE / "istio-crds.yaml").read_text()):
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"].update(apiVersion={"type": "string"}, kind={"type": "string"}, metadata={"type": "object"})
            schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


CUSTOM = custom()


def problems(resource):
    """Everything that is wrong with a resource."""
    name = resource["apiVersion"], resource["kind"]
    if name not in CUSTOM:
        try:
            kubernetes_validate.validate(resource, KUBERNETES, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            return [str(error)]
        return []
    validator = jsonschema.Draft202012Validator(CUSTOM[name])
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(resource)]


def resources(path):
    """What is in a file."""
    return [resource for resource in yaml.safe_load_all(path.read_text()) if resource]
