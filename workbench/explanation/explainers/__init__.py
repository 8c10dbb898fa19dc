"""One file per way to explain; :mod:`workbench.explanation.explainer` names them."""
