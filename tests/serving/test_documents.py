"""/docs and /openapi.json: they describe this model, load nothing from elsewhere, and are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.models import Model
from tests.serving.endpoints import Live, running
from tests.training.tables import AWKWARD


@pytest.fixture(scope="module")
def awkward(bundles: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An endpoint whose columns have names full of markup."""
    with running(bundles["regression"], tmp_path_factory.mktemp("awkward")) as live:
        yield live


def test_the_page_is_whole_without_a_network(live: Live) -> None:
    with live.client() as client:
        said = client.get("/docs")
    page, policy = said.text, said.headers["content-security-policy"]
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:\w+:)?//""", page)
    assert not re.search(r"@import|url\(|<link|<iframe", page)
    assert all(name in page for name in live.rows[0])
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert re.findall("<script[^>]*>", page) == [f'<script nonce="{nonce[1]}">']


def test_each_page_has_a_nonce_of_its_own(live: Live) -> None:
    with live.client() as client:
        policies = {client.get("/docs").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def test_names_from_data_are_only_text_on_the_page(awkward: Live) -> None:
    with awkward.client() as client:
        page = client.get("/docs").text
    assert AWKWARD not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "tried &amp; &lt;tested&gt;" in page
    assert "<tested>" not in page


def test_the_openapi_document_names_every_column(awkward: Live, made: dict[str, Model]) -> None:
    with awkward.client() as client:
        found = client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert list(found["components"]["schemas"]["Row"]["properties"]) == list(
        made["regression"].signature.names
    )
    references = re.findall(r'"\$ref":"#/([^"]+)"', json.dumps(found, separators=(",", ":")))
    for reference in references:
        at = found
        for part in reference.split("/"):
            at = at[part]
    for path in found["paths"].values():
        for operation in path.values():
            assert operation["responses"]
            assert all(r["description"] for r in operation["responses"].values())


def test_the_openapi_document_is_valid(live: Live) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    with live.client() as client:
        validator.validate(client.get("/openapi.json").json())


@pytest.mark.parametrize("which", ["live", "awkward"])
def test_the_document_is_true_of_samples_and_answers(
    which: str, request: pytest.FixtureRequest
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    endpoint: Live = request.getfixturevalue(which)
    with endpoint.client() as client:
        document = client.get("/openapi.json").json()
        post = document["paths"]["/predict"]["post"]
        example = post["requestBody"]["content"]["application/json"]["example"]
        columns = {n: [r[n] for r in endpoint.rows] for n in endpoint.rows[0]}
        for body in (example, {"rows": endpoint.rows}, {"columns": columns}):
            said = client.post("/predict", json=body)
            assert said.status_code == 200, said.text
            _fits(jsonschema, document, body, post["requestBody"]["content"])
            _fits(jsonschema, document, said.json(), post["responses"]["200"]["content"])
        wrong = client.post("/predict", json={"rows": [{}]})
        _fits(jsonschema, document, wrong.json(), post["responses"]["422"]["content"])


def _fits(jsonschema: Any, document: dict[str, Any], value: Any, content: dict[str, Any]) -> None:
    (media,) = content.values()
    schema = {**media["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)
