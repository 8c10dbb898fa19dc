"""A feature step of a guest package."""

from workbench.features.steps.plain import Plain


class Square(Plain):
    """A number times itself; has no ONNX form."""

    title = "Square of a number"
    exact = False

    def transform(self, X):
        return X.to_numpy() ** 2
