"""The fleet in the words of the registry file, the same format that `import_services` reads."""

from collections.abc import Mapping
from typing import Any

from metricsproj.samplefleet.catalogue import DATA_SOURCES, FLEET

Ports = Mapping[str, int]  # by the service's name


def registry_document(ports: Ports) -> dict[str, Any]:
    """Return the content of a registry file for a fleet that listens on these loopback ports."""
    return {
        "services": [
            {
                "name": service.name,
                "base_url": f"http://127.0.0.1:{ports[service.name]}",
                "group": service.group,
                "notes": "A sample service of `manage.py up --demo`.",
                **service.entry,
            }
            for service in FLEET
        ],
        "data_sources": [dict(source) for source in DATA_SOURCES],
    }
