"""AutoGluon in ``auto.py``: ``FOLDER LABEL METRIC SECONDS PRESET``; scores of the test rows."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor

folder, label, metric, seconds, preset = sys.argv[1:]
train, test = (pd.read_parquet(Path(folder) / f"{part}.parquet") for part in ("train", "test"))
began = time.perf_counter()
model = TabularPredictor(label, eval_metric=metric, path=f"{folder}/autogluon", verbosity=0)
model.fit(train, time_limit=float(seconds), presets=preset, dynamic_stacking=False)
took = time.perf_counter() - began
if metric == "root_mean_squared_error":
    said = model.predict(test).rename("value").to_frame()
else:
    said = model.predict_proba(test)
    said.columns = said.columns.map(str)
said.to_parquet(Path(folder) / "scores.parquet")
print(took, model.model_best)
