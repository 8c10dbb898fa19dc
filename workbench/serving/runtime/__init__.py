"""The server of a bundle: ``python -m workbench.serving.runtime BUNDLE``.

It imports the standard library, numpy, onnxruntime, uvicorn, msgspec, prometheus_client, and of
the workbench only ``core`` and ``encoding``.
"""
