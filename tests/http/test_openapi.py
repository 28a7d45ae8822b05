"""The API's description: true of every answer, with examples that work, on a page that needs nothing else."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import anyio
import httpx
import jsonschema
import numpy as np
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from producer_client import BASE
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from songwright.engines.scripted import ScriptedEngine
from songwright.http import producer_api
from songwright.http.openapi import openapi
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

CASES = int(os.environ.get("SONGWRIGHT_FUZZ_CASES", "25"))
assert np.ndarray, "hypothesis must not meet numpy half imported by the server's thread"
OPERATIONS = ("audios", "tasks", "lyrics", "upload", "wav", "videos")


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The application on a free port, in a thread of its own."""
    config = uvicorn.Config("", port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listener = config.bind_socket()

    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

    async def serve() -> None:
        async with (
            StudioDoor.hinged(open_studio) as door,
            producer_api(door.studio, settings, BASE) as routes,
        ):
            config.app = build_app(door, settings, parse_bind("127.0.0.1:0", ()), routes)
            await server.serve([listener])

    thread = threading.Thread(target=anyio.run, args=(serve,))
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("home")
    with served(
        Settings(
            home=home, workers=2, engine="scripted", requests_per_second=100_000, unfinished_tasks=100_000
        )
    ) as url:
        yield url


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_is_answered_otherwise_than_described(address: str, name: str) -> None:
    description = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operation = description[f"/producer/{name}"]["POST"]
    requests = operation.as_strategy() | operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)

    @hypothesis_settings(
        max_examples=CASES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests)
    def fuzz(case: schemathesis.Case) -> None:
        answer = case.call(base_url=address)
        case.validate_response(
            answer,
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_headers_conformance,
                response_schema_conformance,
            ],
        )

    fuzz()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_action_has_an_example_that_fits_its_schema(name: str) -> None:
    described = openapi()
    content = described["paths"][f"/producer/{name}"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": described["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    examples = [example["value"] for example in content["examples"].values()]
    for example in examples:
        jsonschema.validate(example, schema)
    if name == "audios":
        actions = described["components"]["schemas"]["AudiosBody"]["properties"]["action"]["enum"]
        assert {example["action"] for example in examples} == set(actions)
        assert len(actions) == 8
        named = {key: example["value"]["action"] for key, example in content["examples"].items()}
        assert {key: action for key, action in named.items() if key in actions} == {
            action: action for action in actions
        }


def test_every_endpoint_is_described_at_its_address() -> None:
    assert set(openapi()["paths"]) == {f"/producer/{name}" for name in OPERATIONS} | {
        "/files/{expires}/{signature}/{song_id}/{name}"
    }


async def test_the_description_and_the_page_need_no_token_and_nothing_from_elsewhere(
    client: httpx.AsyncClient,
) -> None:
    described = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": BASE}]
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"<(?:script|link|img|iframe)", page.text)
    for path in described["paths"]:
        assert path.startswith("/files/") or path in page.text
    for action in ("generate", "replace_section", "stems"):
        assert f"&quot;action&quot;: &quot;{action}&quot;" in page.text


async def test_health_readiness_and_metrics(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).json() == {"status": "ready"}
    await client.post("/producer/audios", json={"action": "generate", "prompt": "folk"})
    await client.post("/producer/audios", json={})
    counted = (await client.get("/metrics")).text
    assert 'songwright_http_requests_total{endpoint="audios",status="200"} 1.0' in counted
    assert 'songwright_http_requests_total{endpoint="audios",status="400"} 1.0' in counted
    assert 'songwright_tasks{status="succeeded"} 1.0' in counted
    assert 'songwright_callbacks{status="pending"} 0.0' in counted
