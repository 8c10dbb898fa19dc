"""A scaler and LightGBM on the same data, kept as MLflow's scikit-learn guide does it."""

import sys

import lightgbm as lgb
import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

frame, target = load_breast_cancer(return_X_y=True, as_frame=True)
pipeline = make_pipeline(
    StandardScaler(), lgb.LGBMClassifier(n_estimators=200, n_jobs=1, verbosity=-1)
)
pipeline.fit(frame, target)
mlflow.sklearn.save_model(
    pipeline,
    sys.argv[1],
    serialization_format="cloudpickle",
    input_example=frame.head(2),
    pip_requirements=["scikit-learn", "lightgbm", "pandas"],
)
