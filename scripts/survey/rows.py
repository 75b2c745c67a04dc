"""What is measured: one row for each technique, and for the combinations that people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.techniques import Technique
from edgekit.techniques._text import parse_techniques

STUDENT_WIDTH = 0.5


@dataclass(frozen=True)
class Inputs:
    """What a row may start from: trained models on disk, and functions that build untrained ones.

    `teachers` are networks of full width, `build` is `build(width)` and returns `build(dataset)`.
    """

    teachers: tuple[Path, ...]
    build: Callable[[float], Any]


@dataclass(frozen=True)
class Row:
    """`techniques` as `edgekit compress --techniques` takes them, or made by `make`.

    `options` are set on the technique of that class name. A row of `width` below 1 starts from a narrower network,
    untrained if `from_scratch`. `rival` says what it is held against: a narrower dense network chosen by "macs" or by
    "deflated" bytes of the file, or the "student" that was trained alone. `target` is the most points that it may lose.
    """

    name: str
    group: str
    says: str
    techniques: str = ""
    options: Mapping[str, Mapping[str, Any]] | None = None
    make: Callable[[Inputs], tuple[Technique, ...]] | None = None
    width: float = 1.0
    from_scratch: bool = False
    num_teachers: int = 1
    rival: str | None = None
    target: float | None = None
    seeds: int = 3

    def build_techniques(self, inputs: Inputs) -> tuple[Technique, ...]:
        made = self.make(inputs) if self.make is not None else ()
        parsed = parse_techniques(self.techniques) if self.techniques else ()
        changes = self.options or {}
        return tuple(
            replace(each, **changes.get(type(each).__name__, {}))  # type: ignore[type-var]
            for each in (*made, *parsed)
        )


def _distill(inputs: Inputs) -> tuple[Technique, ...]:
    from edgekit.techniques.distill import Distill

    return (Distill(inputs.teachers),)


def _hints(inputs: Inputs) -> tuple[Technique, ...]:
    from edgekit.techniques.distill_hints import DistillHints

    return (DistillHints(inputs.teachers[0]),)


def _mutual(inputs: Inputs) -> tuple[Technique, ...]:
    from edgekit.techniques.distill_mutual import DistillMutual

    return (DistillMutual((inputs.build(1.0),)),)


_STUDENT: Mapping[str, Any] = {"width": STUDENT_WIDTH, "from_scratch": True, "rival": "student"}
_CRITERIA = {
    "l1": "L1 norm",
    "l2": "L2 norm (soft filter pruning)",
    "fpgm": "geometric median (FPGM)",
    "apoz": "average percentage of zeros (APoZ)",
    "hrank": "rank of feature maps (HRank)",
    "thinet": "reconstruction of the next layer (ThiNet)",
    "slimming": "batch-norm scales under L1 (network slimming)",
}
_BINARIZATIONS = {
    "binary_connect": ("BinaryConnect, deterministic", ",int8"),
    "stochastic": ("BinaryConnect, stochastic", ",int8"),
    "ternary": ("ternary weights", ",int8"),
    "dorefa2": ("DoReFa, weights of 2 bits", ",int8"),
    "bnn": ("BNN", ""),
    "xnor": ("XNOR-Net scaling", ""),
    "approx_sign": ("approximate sign", ""),
    "irnet": ("IR-Net's error-decay estimator", ""),
}

ROWS: tuple[Row, ...] = (
    Row("int8", "quantization", "PTQ int8", "int8", target=0.5),
    Row("qat", "quantization", "QAT int8", "qat", target=0.2),
    Row("float16", "quantization", "PTQ float16", "float16", seeds=1),
    Row("dynamic", "quantization", "PTQ dynamic range", "dynamic", seeds=1),
    Row("int16x8", "quantization", "PTQ int16 activations, int8 weights", "int16x8", seeds=1),
    Row("int4", "quantization", "PTQ 4-bit weights", "int4", rival="deflated"),
    Row("mixed", "quantization", "4 or 8 bits by sensitivity", "mixed", rival="deflated"),
    Row("pow2", "quantization", "weights that are powers of two, int8", "pow2,int8", rival="deflated"),
    Row("prune50", "pruning", "half the weights zero, PQAT", "prune:0.5,qat", rival="deflated"),
    Row("prune75", "pruning", "75 % zero, PQAT", "prune:0.75,qat", rival="deflated", target=1.0),
    Row(
        "prune75_global",
        "pruning",
        "75 % zero, one threshold over all layers, PQAT",
        "prune:0.75:global,qat",
        rival="deflated",
    ),
    Row(
        "iterative90",
        "pruning",
        "90 % zero in rounds with fine-tuning, one threshold, PQAT",
        "prune_iterative:0.9:global,qat",
        rival="deflated",
    ),
    Row(
        "lottery80",
        "pruning",
        "lottery ticket of 20 % of the weights, rewound, one threshold, PQAT",
        "prune_lottery:0.8:global,qat",
        rival="deflated",
        seeds=1,
    ),
    Row(
        "prune75_constant",
        "pruning",
        "75 % from the first step on, PQAT",
        "prune:0.75,qat",
        {"PruneMagnitude": {"schedule": "constant"}},
        rival="deflated",
    ),
    Row("prune2x4", "pruning", "2 of every 4 zero, PQAT", "prune:2x4,qat", rival="deflated"),
    Row(
        "prune75_depthwise",
        "pruning",
        # Quantization-aware training keeps the zeros of no depthwise kernel.
        "75 % zero, depthwise kernels too, PTQ",
        "prune:0.75:depthwise,int8",
        rival="deflated",
        seeds=1,
    ),
    Row(
        "cluster16",
        "clustering",
        "16 weights a layer (k-means++), CQAT",
        "cluster:16,qat",
        rival="deflated",
        target=0.5,
    ),
    *(
        Row(
            f"cluster16_{name}",
            "clustering",
            f"16 weights a layer ({name} centroids), CQAT",
            "cluster:16,qat",
            {"ClusterWeights": {"centroids": name}},
            rival="deflated",
            seeds=1,
        )
        for name in ("density", "linear", "random")
    ),
    Row("codebook16", "clustering", "16 int8 codes a layer", "codebook:16", rival="deflated", target=0.5),
    Row("codebook8", "clustering", "8 int8 codes a layer", "codebook:8", rival="deflated", seeds=1),
    Row(
        "pcqat",
        "clustering",
        "75 % zero and 16 weights a layer, PCQAT",
        "prune:0.75,cluster:16,qat",
        rival="deflated",
        target=1.0,
    ),
    *(
        Row(
            f"channels50_{name}",
            "structural pruning",
            f"half the MACs by {says}, QAT",
            f"channels:0.5:{name},qat",
            rival="macs",
            target=1.0,
        )
        for name, says in _CRITERIA.items()
    ),
    Row(
        "layers25",
        "structural pruning",
        "a quarter of the MACs by whole layers, QAT",
        "layers:0.25,qat",
        rival="macs",
    ),
    *(
        Row(
            f"{name}50",
            "decomposition",
            f"{says}, half the parameters, QAT",
            f"{name}:0.5,qat",
            rival="macs",
            target=1.0 if name in ("svd", "tucker") else None,
        )
        for name, says in (
            ("svd", "SVD"),
            ("tucker", "Tucker-2"),
            ("cp", "CP"),
            ("tt", "tensor train"),
            ("ring", "tensor ring"),
        )
    ),
    Row(
        "student",
        "distillation",
        "the student alone, QAT",
        "qat",
        width=STUDENT_WIDTH,
        from_scratch=True,
        num_teachers=0,
    ),
    Row("distill", "distillation", "soft targets, then QAT towards them", "qat", make=_distill, **_STUDENT),
    Row(
        "ensemble",
        "distillation",
        "soft targets of two teachers, QAT",
        "qat",
        make=_distill,
        num_teachers=2,
        **_STUDENT,
    ),
    Row("hints", "distillation", "feature hints, then soft targets, QAT", "qat", make=_hints, **_STUDENT),
    Row(
        "mutual",
        "distillation",
        "mutual learning with a wider peer (KDCL), QAT",
        "qat",
        make=_mutual,
        **_STUDENT,
    ),
    Row(
        "self",
        "distillation",
        "self-distillation from the best past epoch, QAT",
        "selfdistill,qat",
        **_STUDENT,
    ),
    *(
        Row(
            f"binarize_{name}",
            "binarization",
            says,
            f"binarize:{name}{rest}",
            rival="deflated",
            target=5.0,
            seeds=1,
        )
        for name, (says, rest) in _BINARIZATIONS.items()
    ),
    Row(
        "distill_binarize",
        "binarization",
        "BNN trained towards a teacher",
        "binarize:bnn",
        make=_distill,
        rival="deflated",
        target=5.0,
        seeds=1,
    ),
)
