"""The model as C sources, the way TensorFlow Lite Micro projects compile it in."""

from __future__ import annotations

import re

from edgekit.tflite_model import TfliteModel

_HEADER = """\
// {name}: {num_bytes} bytes, sha256 {sha256}
// Written by edgekit; do not edit.
#ifndef EDGEKIT_{upper}_MODEL_DATA_H_
#define EDGEKIT_{upper}_MODEL_DATA_H_

#ifdef __cplusplus
extern "C" {{
#endif

// 16-byte aligned, as TensorFlow Lite Micro requires of a flatbuffer.
extern const unsigned char g_{name}_model_data[];
extern const unsigned int g_{name}_model_data_size;

#ifdef __cplusplus
}}
#endif

#endif  // EDGEKIT_{upper}_MODEL_DATA_H_
"""

_SOURCE = """\
// {name}: {num_bytes} bytes, sha256 {sha256}
// Written by edgekit; do not edit. Compiles as C11 and as C++11.
#include "model_data.h"

#ifndef __cplusplus
#include <stdalign.h>
#endif

alignas(16) const unsigned char g_{name}_model_data[] = {{
{rows}
}};
const unsigned int g_{name}_model_data_size = sizeof(g_{name}_model_data);
"""


def export_tflm(model: TfliteModel, name: str) -> dict[str, bytes]:
    """Returns model_data.h and model_data.c by file name; `name` becomes part of the array's name."""
    identifier = re.sub(r"\W", "_", name, flags=re.ASCII)
    lines = [model.data[start : start + 12] for start in range(0, len(model.data), 12)]
    fields = {
        "name": identifier,
        "upper": identifier.upper(),
        "num_bytes": len(model.data),
        "sha256": model.sha256,
        "rows": "\n".join("    " + " ".join(f"0x{byte:02x}," for byte in line) for line in lines),
    }
    return {
        "model_data.h": _HEADER.format(**fields).encode(),
        "model_data.c": _SOURCE.format(**fields).encode(),
    }
