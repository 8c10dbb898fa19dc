"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector

from workbench.core.bundle import BundleManifest
from workbench.serving.runtime.log import PredictionLog

WAITING = "workbench_log_waiting"
KIND = CONTENT_TYPE_LATEST.encode()
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self, manifest: BundleManifest, log: PredictionLog | None) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "workbench_requests",
            "Requests by address and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "workbench_predict_seconds",
            "Time from the end of the headers to the answer of POST /predict.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self.rows = Counter("workbench_rows", "Rows answered.", registry=self._registry)
        self.waiting = Gauge(
            "workbench_waiting", "Requests that wait for a thread.", registry=self._registry
        )
        self.warnings = Counter(
            "workbench_warnings", "Warnings given, by code.", ["code"], registry=self._registry
        )
        self.broken = Counter(
            "workbench_broken", "Requests that broke the contract.", registry=self._registry
        )
        model = Gauge("workbench_model", "The model.", ["name", "run_id"], registry=self._registry)
        model.labels(manifest.name, manifest.run_id).set(1)
        if log is not None:
            self._registry.register(_LogRows(log))
        self._counted: dict[tuple[str, int], Counter] = {}

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``seconds`` matter for predictions only."""
        counter = self._counted.get((route, status))
        if counter is None:
            counter = self._counted[route, status] = self._requests.labels(route, str(status))
        counter.inc()
        if route == "/predict":
            self._seconds.observe(seconds)

    def page(self) -> bytes:
        """The Prometheus text."""
        return generate_latest(self._registry)


class _LogRows:
    """The prediction log's own counts, read when somebody asks."""

    def __init__(self, log: PredictionLog) -> None:
        self._log = log

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "workbench_log_rows", "Answers of the prediction log.", labels=["outcome"]
        )
        family.add_metric(["written"], self._log.written)
        family.add_metric(["dropped"], self._log.dropped)
        yield family
        yield GaugeMetricFamily(WAITING, "Answers that wait to be logged.", self._log.queued)
