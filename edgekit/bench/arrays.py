"""Short names for the arrays that go to a device and come back."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = list[Array]  # one per input or output of a model
