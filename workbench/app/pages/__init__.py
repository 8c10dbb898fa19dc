"""One file a page: a view model that asks the workspace, and a view that shows its answers."""
