"""What most people write: FastAPI, pydantic and ONNX Runtime around the model of a bundle."""

import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model

folder, port = sys.argv[1], int(sys.argv[2])
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
names = [i.name for i in session.get_inputs()]  # one for each column; all are numbers
Row = create_model("Row", **dict.fromkeys(names, (float | None, ...)))


class Body(BaseModel):
    rows: list[Row]  # type: ignore[valid-type]


app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/predict")
def predict(body: Body) -> dict[str, list]:
    columns = {
        name: np.array([[getattr(row, name)] for row in body.rows], dtype=np.float32)
        for name in names
    }
    scores = session.run(["scores"], columns)[0]
    return {"predictions": scores.argmax(axis=1).tolist(), "probabilities": scores.tolist()}


uvicorn.run(app, port=port, log_level="critical", access_log=False)
