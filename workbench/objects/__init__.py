"""What users hold: the records of the core, bound to their workspace."""

from workbench.objects.datasets import Dataset, Datasets
from workbench.objects.endpoints import Bundle, Endpoint, Endpoints
from workbench.objects.jobs import Job, Jobs
from workbench.objects.pipelines import Carried
from workbench.objects.previews import Preview
from workbench.objects.runs import Run, Runs, RunShelf
from workbench.objects.sweeps import Sweep, Sweeps

__all__ = [
    "Bundle",
    "Carried",
    "Dataset",
    "Datasets",
    "Endpoint",
    "Endpoints",
    "Job",
    "Jobs",
    "Preview",
    "Run",
    "RunShelf",
    "Runs",
    "Sweep",
    "Sweeps",
]
