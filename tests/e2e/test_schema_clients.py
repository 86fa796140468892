"""Programs that know nothing but the OpenAPI document, against a live server: a fuzzer, and a TypeScript compiler.

To fuzz a running server for longer than this test does:

    schemathesis --config-file tests/e2e/schemathesis.toml run http://127.0.0.1:8003/api/schema/ --max-examples 2000
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import installation
from tests.e2e.running import ENDPOINT, PROJECT_DIR, answer_of
from tests.e2e.serving import running_serve
from tests.functional.small_services import UNHEALTHY, small_services

REGISTRY = """
services:
  - name: ingestion
    base_url: {url}
    group: intake
    readings: [{{name: events_per_second, expression: events_per_second, counts_toward: events_per_second}}]
    maintenance: []
  - {{name: broken, base_url: "{url}", health_path: /broken}}
  - {{name: gone, base_url: "tcp://127.0.0.1:9", counts_as_api: false}}
data_sources:
  - {{name: websocket, service: ingestion}}
"""
API_DOCUMENT = (PROJECT_DIR / "docs" / "api.md").read_text("utf-8")
MADE_BY = re.search(r"^npx (openapi-typescript@\S+) ", API_DOCUMENT, re.MULTILINE)
assert MADE_BY is not None
TYPESCRIPT = (MADE_BY[1], "typescript@5.9.3")
COMPILE = ("npx", "tsc", "--strict", "--noEmit", "--target", "es2022", "--module", "preserve")
PROGRAM = """
import type {{ components }} from "./metrics";

type Schemas = components["schemas"];

export const answer: Schemas["RealTimeMetrics"] = {answer};
export const history: Schemas["MetricHistory"] = {history};
export const problem: Schemas["Problem"] = {problem};
export const slow: string[] = answer.api_metrics
  .filter((entry) => entry.status === "healthy" && (entry.response_time_ms ?? 0) > 100)
  .map((entry) => `${{entry.service}}: ${{entry.comparison?.response_time_ms.trend}}`);
export const reading: unknown = answer.api_metrics[0]["events_per_second"];
// @ts-expect-error a status is one of six words
export const status: Schemas["Status"] = "fine";
// @ts-expect-error there is no answer time without an answer
export const time: number = answer.api_metrics[0].response_time_ms;
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server whose snapshot has a healthy, an unhealthy and an unreachable service."""
    # A short path: unix sockets have no room for pytest's.
    with small_services() as services, tempfile.TemporaryDirectory(prefix="schema-") as name:
        services.answers["/broken"] = UNHEALTHY
        with installation(Path(name)) as site:
            site.register(REGISTRY.format(url=services.url))
            site.manage("collect_metrics", "--interval", "60")
            with running_serve(Path(name)) as serve:
                yield f"http://127.0.0.1:{serve.port}"


def run(*command: str, folder: Path, seconds: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )


def test_schemathesis_finds_nothing(url: str, tmp_path: Path) -> None:
    options = ("--max-examples", "25", "--generation-deterministic", "--no-color")
    configuration = ("--config-file", str(PROJECT_DIR / "tests" / "e2e" / "schemathesis.toml"))

    found = run(
        *(sys.executable, "-m", "schemathesis.cli", *configuration, "run", f"{url}/api/schema/", *options),
        folder=tmp_path,
        seconds=110,
    )

    assert found.returncode == 0, found.stdout
    assert "No issues found" in found.stdout


@pytest.mark.timeout(300)
def test_typescript_made_of_the_document_compiles_with_real_answers(url: str, tmp_path: Path) -> None:
    install_typescript(tmp_path)
    document = str(PROJECT_DIR / "docs" / "openapi.yaml")
    program = PROGRAM.format(
        answer=json.dumps(answer_of(url + ENDPOINT)),
        history=json.dumps(answer_of(f"{url}{ENDPOINT}/history?metric=events_per_second&service=ingestion")),
        problem=json.dumps(answer_of(f"{url}{ENDPOINT}?period=2m")),
    )
    (tmp_path / "program.ts").write_text(program)
    (tmp_path / "snippet.ts").write_text(
        "".join(re.findall(r"^```ts\n(.*?)^```", API_DOCUMENT, re.MULTILINE | re.DOTALL))
    )

    made = run("npx", "openapi-typescript", document, "--output", "metrics.d.ts", folder=tmp_path, seconds=60)
    compiled = run(*COMPILE, "program.ts", "snippet.ts", folder=tmp_path, seconds=60)

    assert made.returncode == 0, made.stdout
    assert compiled.returncode == 0, compiled.stdout


def install_typescript(folder: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm on the PATH (Debian: apt-get install npm)")
    installed = run("npm", "install", "--no-audit", "--no-fund", *TYPESCRIPT, folder=folder, seconds=120)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install {' and '.join(TYPESCRIPT)}: {installed.stdout[-300:]}")
