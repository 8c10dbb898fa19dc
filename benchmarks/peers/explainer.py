"""explainerdashboard on 1,000 rows of a LightGBM model, as its own quickstart does it."""

import sys

from explainerdashboard import ClassifierExplainer, ExplainerDashboard
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification

x, y = make_classification(2000, 12, random_state=0)
import pandas as pd

frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(12)])
model = LGBMClassifier(n_estimators=100, verbose=-1).fit(frame[:1000], y[:1000])
explainer = ClassifierExplainer(model, frame[1000:], y[1000:])
ExplainerDashboard(explainer).run(port=int(sys.argv[1]), host="127.0.0.1")
