"""Random forest."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Choice, Space, Whole
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps
from workbench.training.share import own_cores
from workbench.training.steps import tree_steps

CHUNKS = 40  # looks at progress during one fit
FEWEST = 50  # trees that say of a row what a forest would


class Forest:
    """Averaged trees on raw numbers and category codes; missing numbers go their own way."""

    name = "forest"
    title = "Random forest"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    kin = "forest"
    weighs = True
    classifier: Any = RandomForestClassifier
    regressor: Any = RandomForestRegressor

    def defaults(self, task: Task) -> dict[str, Any]:
        # leaves of five rows: a fifth of the size of full trees, and better probabilities
        features = 1 / 3 if task == "regression" else "sqrt"
        return {
            "n_estimators": 200,
            "min_samples_leaf": 5,
            "max_features": features,
            "max_depth": None,
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"min_samples_split", "max_leaf_nodes", "max_samples", "bootstrap", "criterion"}
        classes = set() if task == "regression" else {"class_weight"}
        return frozenset({*self.defaults(task), *more, *classes})

    def space(self, task: Task) -> Space:
        return {
            "min_samples_leaf": Whole(1, 50, log=True),
            "max_features": Choice(("sqrt", 0.2, 1 / 3, 0.6, 1.0)),
            "max_depth": Choice((None, 8, 16, 24)),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def shared(self, params: dict[str, Any], folds: int) -> dict[str, Any]:
        """Parameters of one of several forests that answer together: they are one forest again."""
        total = params["n_estimators"]
        if not isinstance(total, int):
            return params
        return {**params, "n_estimators": min(total, max(FEWEST, -(-total // folds)))}

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        total = params.pop("n_estimators")
        if not isinstance(total, int) or total < 1:
            raise UsageError(f"n_estimators is a whole number from 1, not {total!r}.")
        kind = self.regressor if problem.task == "regression" else self.classifier
        model = kind(n_jobs=own_cores(), random_state=problem.seed, warm_start=True, **params)
        chunk = max(2, total // CHUNKS)
        for done in range(0, total, chunk):
            progress(done / total, f"tree {done} of {total}")
            model.set_params(n_estimators=min(done + chunk, total))
            model.fit(problem.x, problem.y, problem.weights)
        # how many cores were there is no part of the model
        model.set_params(n_jobs=None, warm_start=False)
        nodes = sum(tree.tree_.node_count for tree in model.estimators_)
        return Fitted(model, facts={"trees": total, "nodes": int(nodes)})


FAMILY = Forest()
