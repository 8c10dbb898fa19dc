"""The seam of converters: how a fitted step or estimator is drawn into an ONNX graph.

They are found by class name, since rooms do not import each other: ``training`` makes the objects,
a converter reads their fitted arrays. What has none of its own goes through skl2onnx.
"""

from __future__ import annotations

from typing import Any, Protocol

from workbench.core.registry import Registry
from workbench.onnxgraph import Graph


class Converter(Protocol):
    """Draws ``fitted`` so that it takes the value called ``source``; returns its output's name.

    Steps give (rows, columns) float; classifiers give probabilities (rows, classes); regressors
    give (rows, 1).
    """

    def __call__(self, fitted: Any, graph: Graph, source: str) -> str: ...


_STEPS = "workbench.packaging.converters.steps"
_FEATURES = "workbench.packaging.converters.features"
_TREES = "workbench.packaging.converters.trees"
_LINEAR = "workbench.packaging.converters.linear"
_SIMPLE = "workbench.packaging.converters.simple"
_BLEND = "workbench.packaging.converters.blend"
_STACK = "workbench.packaging.converters.stack"
_MITIGATED = "workbench.packaging.converters.mitigated"
_NETWORK = "workbench.packaging.converters.network"

converters: Registry[Converter] = Registry(
    "converter",
    {
        "FunctionTransformer": f"{_STEPS}:passthrough",
        "Numbers": f"{_STEPS}:numbers",
        "Piecewise": f"{_STEPS}:piecewise",
        "Codes": f"{_STEPS}:codes",
        "Indicators": f"{_STEPS}:indicators",
        "Aggregate": f"{_FEATURES}:aggregate",
        "Bins": f"{_FEATURES}:bins",
        "Clip": f"{_FEATURES}:clip",
        "Combine": f"{_FEATURES}:combine",
        "Date": f"{_FEATURES}:date",
        "Hash": f"{_FEATURES}:hash_",
        "Length": f"{_FEATURES}:length",
        "Log": f"{_FEATURES}:log",
        "Missing": f"{_FEATURES}:missing",
        "Number": f"{_FEATURES}:number",
        "TargetMean": f"{_FEATURES}:target_mean",
        "Words": f"{_FEATURES}:words",
        "LogisticRegression": f"{_LINEAR}:logistic",
        "Ridge": f"{_LINEAR}:ridge",
        "RandomForestClassifier": f"{_TREES}:forest_classifier",
        "RandomForestRegressor": f"{_TREES}:forest_regressor",
        "ExtraTreesClassifier": f"{_TREES}:forest_classifier",
        "ExtraTreesRegressor": f"{_TREES}:forest_regressor",
        "LGBMClassifier": f"{_TREES}:lightgbm_classifier",
        "LGBMRegressor": f"{_TREES}:lightgbm_regressor",
        "ElasticNet": f"{_LINEAR}:ridge",
        "HistGradientBoostingClassifier": f"{_TREES}:histogram_classifier",
        "HistGradientBoostingRegressor": f"{_TREES}:histogram_regressor",
        "XGBClassifier": f"{_TREES}:xgboost_classifier",
        "XGBRegressor": f"{_TREES}:xgboost_regressor",
        "CatClassifier": f"{_TREES}:catboost_classifier",
        "CatRegressor": f"{_TREES}:catboost_regressor",
        "AdditiveClassifier": "workbench.packaging.converters.additive:classifier",
        "AdditiveRegressor": "workbench.packaging.converters.additive:regressor",
        "CalibratedClassifier": "workbench.packaging.converters.calibrated:calibrated",
        "DummyClassifier": f"{_SIMPLE}:dummy_classifier",
        "DummyRegressor": f"{_SIMPLE}:dummy_regressor",
        "NaiveBayes": f"{_SIMPLE}:bayes",
        "NearestClassifier": f"{_SIMPLE}:nearest",
        "NearestRegressor": f"{_SIMPLE}:nearest",
        "VectorClassifier": f"{_SIMPLE}:vector_classifier",
        "VectorRegressor": f"{_SIMPLE}:vector_regressor",
        "BlendClassifier": f"{_BLEND}:blend",
        "BlendRegressor": f"{_BLEND}:blend",
        "StackClassifier": f"{_STACK}:classifier",
        "StackRegressor": f"{_STACK}:regressor",
        "Membership": f"{_MITIGATED}:membership",
        "GroupThresholds": f"{_MITIGATED}:thresholds",
        "DecorrelatedClassifier": f"{_MITIGATED}:decorrelated",
        "DecorrelatedRegressor": f"{_MITIGATED}:decorrelated",
        "Mixture": f"{_MITIGATED}:mixture",
        "NetworkClassifier": f"{_NETWORK}:classifier",
        "NetworkRegressor": f"{_NETWORK}:regressor",
        "GraphClassifier": "workbench.packaging.converters.whole:whole",
        "GraphRegressor": "workbench.packaging.converters.whole:whole",
        "*": "workbench.packaging.converters.sklearn:convert",
    },
)


def converter_of(fitted: Any) -> Converter:
    """The converter of a fitted object, by its class."""
    name = type(fitted).__name__
    return converters.get(name if name in converters else "*")
