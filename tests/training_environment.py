"""The environment of subprocesses that train: this checkout, and one thread, as small models gain nothing from two."""

from __future__ import annotations

import os
from pathlib import Path

TRAINING_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    "PATH": os.environ.get("PATH", os.defpath),
    "EDGEKIT_TRAIN_THREADS": "1",
}
