"""How good a model is: curves, calibration, confusion, residuals."""

from __future__ import annotations

from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import (
    STROKES,
    Chart,
    Spec,
    apart,
    bars,
    chart,
    diagonal,
    ends,
    mark,
    name,
    number,
    rule,
    share,
    short,
)
from workbench.views.theme import AMBER, INDIGO, QUIET, TEAL

FALSE, TRUE = "false positive rate", "true positive rate"
PREDICTED, OBSERVED = "predicted probability", "observed share"


def charts(report: Report) -> list[Chart]:
    """ROC, calibration, confusion and more, as the task has them."""
    makers = {
        "roc": _roc,
        "calibration": _calibration,
        "residuals": _residuals,
        "errors": _errors,
        "confusion": _confusion,
        "classes": _classes,
        "pr": _precision_recall,
        "gain": _gain,
        "scores": _scores,
        "thresholds": _thresholds,
    }
    return [
        make(report) for table, make in makers.items() if table in report and len(report[table])
    ]


def _roc(report: Report) -> Chart:
    line = mark(
        "line",
        {
            "x": share("fpr", FALSE),
            "y": share("tpr", TRUE),
            "order": {"field": "place", "type": "quantitative"},
        },
        color=INDIGO,
        interpolate="step-after",
    )
    rows = [{**r, "place": i} for i, r in enumerate(report["roc"].records())]
    caption = "True against false positive rate over all thresholds; the dashed line is chance."
    return chart("roc", "ROC curve", caption, rows, [diagonal(FALSE, TRUE), line])


def _precision_recall(report: Report) -> Chart:
    line = mark(
        "line",
        {
            "x": share("recall", "recall"),
            "y": share("precision", "precision"),
            "order": {"field": "place", "type": "quantitative"},
        },
        color=TEAL,
    )
    rows = [{**r, "place": i} for i, r in enumerate(report["pr"].records())]
    caption = "Precision against recall over all thresholds."
    return chart("pr", "Precision and recall", caption, rows, [line])


def _gain(report: Report) -> Chart:
    x, y = share("selected", "share of rows, best first"), share("found", "share of positives")
    line = mark(
        "line",
        {"x": x, "y": y, "order": {"field": "place", "type": "quantitative"}},
        color=AMBER,
    )
    rows = [{**r, "place": i} for i, r in enumerate(report["gain"].records())]
    caption = "How many of the positives are found among the best-scored rows; dashed: at random."
    layers = [diagonal("share of rows, best first", "share of positives"), line]
    return chart("gain", "Gain", caption, rows, layers)


def _calibration(report: Report) -> Chart:
    x = share("predicted", PREDICTED)
    whisker = mark("rule", {"x": x, "y": share("low", OBSERVED), "y2": ends("high")}, color=INDIGO)
    dots = mark("point", {"x": x, "y": share("observed", OBSERVED)}, color=INDIGO)
    layers = [diagonal(PREDICTED, OBSERVED), whisker, dots]
    whose = "predicted probability"
    if report.facts["task"] != "binary":
        whose = "the probability of the likeliest class"
    caption = f"Observed share in groups of {whose}, with 95% intervals."
    return chart("calibration", "Calibration", caption, report["calibration"].records(), layers)


def _confusion(report: Report) -> Chart:
    table = report["confusion"]
    classes = list(dict.fromkeys(table.column("truth")))
    labels = dict(zip(map(str, classes), apart(classes, 16), strict=True))
    rows: list[dict[str, Any]] = [
        {**r, "truth": labels[str(r["truth"])], "predicted": labels[str(r["predicted"])]}
        for r in table.records()
    ]
    many = len(classes) > 6
    upright = {"labelAngle": 0} if len(classes) < 5 else {}
    position = {"x": name("predicted", "predicted", axis=upright), "y": name("truth", "true class")}
    colour = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": ["#5b6cff00", INDIGO]},
        "legend": None,
    }
    cells = mark("rect", {**position, "color": colour}, stroke=QUIET, strokeOpacity=0.35)
    text = mark(
        "text",
        {**position, "text": {"field": "count", "type": "quantitative", "format": ","}},
        fontSize=10 if many else 14,
        color="currentColor",
    )
    caption = "Rows by true and predicted class; the shade is the share of the true class."
    height = min(330, 34 * len(classes)) if many else 230
    return chart("confusion", "Confusion", caption, rows, [cells, text], height=height)


def _classes(report: Report) -> Chart:
    rows = [{**r, "class": short(r["class"])} for r in report["classes"].records()]
    layer = mark(
        "bar",
        {"y": name("class"), "x": share("f1", "F1")},
        color=INDIGO,
        height={"band": 0.7},
    )
    caption = "Harmonic mean of precision and recall for each class."
    return chart("classes", "F1 by class", caption, rows, [layer], height={"step": 22})


def _scores(report: Report) -> Chart:
    rows = []
    for r in report["scores"].records():
        span = {"low": r["low"], "high": r["high"]}
        both = r["negative"] + r["positive"]
        rows.append({**span, "class": "negative rows", "from": 0, "to": r["negative"]})
        rows.append({**span, "class": "positive rows", "from": r["negative"], "to": both})
    scale = {"domain": ["negative rows", "positive rows"], "range": [QUIET, AMBER]}
    layer = bars(
        rows, "positive probability", "rows", encoding={"color": {**name("class"), "scale": scale}}
    )
    caption = "How many rows got which probability, by their true class."
    return chart("scores", "Scores", caption, rows, [layer])


def _thresholds(report: Report) -> Chart:
    shown = {"precision": "precision", "tpr": "recall", "accuracy": "accuracy", "f1": "F1"}
    rows = [
        {"threshold": r["threshold"], "what": label, "value": r[key]}
        for r in report["thresholds"].records()
        for key, label in shown.items()
    ]
    lines = mark(
        "line",
        {
            "x": share("threshold", "threshold"),
            "y": share("value"),
            "color": {**name("what", legend=STROKES), "scale": {"domain": list(shown.values())}},
        },
    )
    layers: list[Spec] = [lines]
    if report.facts.get("threshold") is not None:
        layers.append(rule(x=report.facts["threshold"]))
    caption = "What a threshold would give; the dashed line is the one in use."
    return chart("thresholds", "Thresholds", caption, rows, layers)


def _residuals(report: Report) -> Chart:
    dots = mark(
        "point",
        {"x": number("predicted", "prediction"), "y": number("residual", "truth minus prediction")},
        color=INDIGO,
        opacity=0.5,
        size=18,
    )
    caption = "A good model leaves a cloud without shape around zero."
    return chart(
        "residuals", "Residuals", caption, report["residuals"].records(), [dots, rule(y=0)]
    )


def _errors(report: Report) -> Chart:
    rows = [{**r, "from": 0, "to": r["count"]} for r in report["errors"].records()]
    layer = bars(rows, "truth minus prediction", "rows", color=TEAL)
    caption = "How often the model is off by how much."
    return chart("errors", "Errors", caption, rows, [layer])
