"""The endpoint's OpenAPI 3.1 document, made from the bundle's signature."""

from __future__ import annotations

from typing import Any

from workbench.core.bundle import BundleManifest
from workbench.core.signature import Field, Signature

Schema = dict[str, Any]
MOST_CATEGORIES = 30  # that are listed by name


def document(manifest: BundleManifest) -> Schema:
    """OpenAPI for the model of this bundle."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": manifest.name,
            "version": manifest.run_id[:8] or "0",
            "description": f"Predicts {manifest.signature.target!r}.",
        },
        "security": [{"token": []}],
        "paths": {
            "/predict": {"post": _predict(manifest.signature)},
            "/health": {"get": {**_get("Whether it is ready."), "security": []}},
            "/metrics": {"get": _get("Prometheus metrics.", "text/plain")},
            "/docs": {"get": _get("A page about the model.", "text/html")},
            "/openapi.json": {"get": _get("This document.")},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Row": row(manifest.signature),
                "Problem": _problem(),
                "Answer": _answer(manifest.signature),
            },
        },
    }


def row(signature: Signature) -> Schema:
    """JSON Schema of one row: every column is named, any may be null."""
    return {
        "type": "object",
        "required": list(signature.names),
        "properties": {item.name: _cell(item) for item in signature.inputs},
        "additionalProperties": True,
    }


def _cell(item: Field) -> Schema:
    kinds = {
        "number": ["number", "null"],
        "boolean": ["boolean", "null"],
        "category": ["string", "number", "boolean", "null"],
        "text": ["string", "null"],
        "datetime": ["string", "null"],
    }
    schema: Schema = {"type": kinds[item.kind]}
    if item.kind == "number" and item.low is not None:
        schema["description"] = f"{item.low:g} to {item.high:g} in training."
    elif item.kind == "category" and item.categories:
        listed = ", ".join(item.categories[:MOST_CATEGORIES])
        more = len(item.categories) - MOST_CATEGORIES
        rest = f" and {more} more" if more > 0 else ""
        schema["description"] = f"In training: {listed}{rest}."
    elif item.kind == "datetime":
        schema["description"] = "ISO 8601."
    if item.example is not None:
        schema["examples"] = [item.example]
    return schema


def _predict(signature: Signature) -> Schema:
    rows = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Row"}}
    columns = {
        "type": "object",
        "required": list(signature.names),
        "properties": {i.name: {"type": "array", "items": _cell(i)} for i in signature.inputs},
    }
    one = {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
    other = {"type": "object", "required": ["columns"], "properties": {"columns": columns}}
    example = {"rows": [{i.name: i.example for i in signature.inputs}]}
    content = {"application/json": {"schema": {"oneOf": [one, other]}, "example": example}}
    return {
        "summary": "Answer rows.",
        "operationId": "predict",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "One prediction for each row.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}
                },
            },
            **{code: _refusal(text) for code, text in _REFUSALS.items()},
        },
    }


def _get(summary: str, kind: str = "application/json") -> Schema:
    schema = {"type": "object"} if kind == "application/json" else {"type": "string"}
    return {
        "summary": summary,
        "responses": {"200": {"description": summary, "content": {kind: {"schema": schema}}}},
    }


_REFUSALS = {
    "400": "The body is not valid JSON.",
    "401": "The token is missing or wrong.",
    "413": "Too much at once.",
    "415": "Not application/json.",
    "422": "A row does not fit the model or its contract; column and row are named.",
    "503": "Too much is waiting; try again after Retry-After seconds.",
}


def _refusal(text: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _problem() -> Schema:
    return {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "hint": {"type": "string"},
            "column": {"type": "string"},
            "row": {"type": ["integer", "null"]},
            "rule": {"type": "string"},
            "broken": {
                "type": "array",
                "description": "Each rule of the contract that is broken, and its first row.",
                "items": {"type": "object"},
            },
        },
    }


def _answer(signature: Signature) -> Schema:
    number = {"type": "number"}
    label = number if signature.task == "regression" else {"type": ["string", "number", "boolean"]}
    properties: Schema = {
        "id": {"type": "string"},
        "predictions": {"type": "array", "items": label},
        "model": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "run_id": {"type": "string"}},
        },
        "warnings": {"type": "array", "items": {"type": "object"}},
    }
    if signature.task != "regression":
        properties["classes"] = {"type": "array", "items": label}
        properties["probabilities"] = {
            "type": "array",
            "items": {"type": "array", "items": number},
        }
    return {"type": "object", "required": list(properties), "properties": properties}
