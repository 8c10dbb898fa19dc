"""AutoGluon in ``auto.py``: ``FOLDER SCORES LABEL METRIC SECONDS PRESET CORES``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

folder, scores, label, metric, seconds, preset, cores = sys.argv[1:]
os.sched_setaffinity(0, {int(core) for core in cores.split(",")})  # before libraries count them

import pandas as pd
from autogluon.tabular import TabularPredictor

train, test = (pd.read_parquet(Path(folder) / f"{part}.parquet") for part in ("train", "test"))
began = time.perf_counter()
model = TabularPredictor(label, eval_metric=metric, path=f"{folder}/autogluon", verbosity=0)
model.fit(
    train,
    time_limit=float(seconds),
    presets=preset,
    dynamic_stacking=False,
    num_cpus=len(cores.split(",")),
)
took = time.perf_counter() - began
if metric == "root_mean_squared_error":
    said = model.predict(test).rename("value").to_frame()
else:
    said = model.predict_proba(test)
    said.columns = said.columns.map(str)
said.to_parquet(scores)
print(took, model.model_best)
