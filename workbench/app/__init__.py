"""The app: Panel pages over a workspace; they show reports, start jobs and compute nothing."""
