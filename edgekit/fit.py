"""Does a model run on a board, and does it fit? Answered on the host, before anything is sent.

For a Cortex-M board the C runtime itself gives the answer: the same loader, checks and planner that the firmware runs,
built for this machine. For a Linux board there is no such exact answer; memory is compared and the rest left to the
runtime on the board.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.board import Board
from edgekit.errors import MissingDependencyError
from edgekit.tflite_model import OperatorInfo, TfliteModel


@dataclass(frozen=True)
class OperatorFit:
    operator: OperatorInfo
    weight_bytes: int
    """Constants that this operator reads."""
    activation_bytes: int
    """Inputs and outputs that are computed; they live at the same time."""
    refusal: str | None
    """Why the board's runtime cannot run it; None if it can, or if nobody here knows."""


@dataclass(frozen=True)
class Need:
    """One kind of memory: what the model takes of what there is; `available` None where the board does not say."""

    what: str
    needed_bytes: int
    available_bytes: int | None

    @property
    def fits(self) -> bool:
        return self.available_bytes is None or self.needed_bytes <= self.available_bytes


@dataclass(frozen=True)
class Fit:
    board: Board
    operators: tuple[OperatorFit, ...]
    needs: tuple[Need, ...]
    refusal: str | None
    """Why the runtime refuses the model as a whole."""
    notes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return self.refusal is None and all(need.fits for need in self.needs)


def check_fit(model: TfliteModel, board: Board) -> Fit:
    """Checks every operator and every memory; what could not be found out is said in `notes`."""
    if board.kind == "cortex_m":
        return _fit_cortex_m(model, board)
    return _fit_linux(model, board)


def describe_operators(model: TfliteModel, refusals: dict[int, str] | None = None) -> tuple[OperatorFit, ...]:
    return tuple(
        OperatorFit(
            operator,
            sum(
                model.tensors[i].num_bytes for i in operator.inputs if i >= 0 and model.tensors[i].is_constant
            ),
            sum(
                model.tensors[i].num_bytes
                for i in (*operator.inputs, *operator.outputs)
                if i >= 0 and not model.tensors[i].is_constant
            ),
            (refusals or {}).get(operator.index),
        )
        for operator in model.operators
    )


def _fit_cortex_m(model: TfliteModel, board: Board) -> Fit:
    from edgekit.firmware import build_firmware
    from edgekit.host_runtime import HostRuntime, check_operator

    notes: list[str] = []
    try:
        report = HostRuntime(model.data).report
        refusals = {
            each.index: reason
            for each in model.operators
            if (reason := check_operator(model.data, each.index)) is not None
        }
    except MissingDependencyError as error:
        return Fit(
            board,
            describe_operators(model),
            (Need("model in flash", len(model.data), board.flash_bytes),),
            None,
            (f"operators and arena were not checked: {error}",),
        )
    needs = []
    try:
        image = build_firmware(board.name)
    except MissingDependencyError as error:
        notes.append(f"the firmware's own size is not counted: {error}")
        needs.append(Need("model", len(model.data), board.external_ram_bytes or board.flash_bytes))
        arena_capacity = board.ram_bytes
    else:
        needs.append(Need("firmware in flash", image.flash_bytes, board.flash_bytes))
        needs.append(Need("model", len(model.data), image.model_capacity))
        arena_capacity = image.arena_capacity
    if report.status == 0:
        needs.append(Need("arena in RAM", report.arena_bytes, arena_capacity))
        return Fit(board, describe_operators(model), tuple(needs), None, tuple(notes))
    where = (
        ""
        if report.operator is None
        else f"operator {report.operator} {_operator_name(model, report.operator)}: "
    )
    return Fit(board, describe_operators(model, refusals), tuple(needs), where + report.message, tuple(notes))


def _operator_name(model: TfliteModel, index: int) -> str:
    return model.operators[index].name if index < len(model.operators) else ""


def _fit_linux(model: TfliteModel, board: Board) -> Fit:
    tensors = sum(tensor.num_bytes for tensor in model.tensors if not tensor.is_constant)
    need = Need("model and tensors in RAM, at most", len(model.data) + tensors, board.ram_bytes)
    note = "operators are checked by the TFLite runtime on the board, when the model is loaded there"
    return Fit(board, describe_operators(model), (need,), None, (note,))
