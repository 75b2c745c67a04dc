"""Removes from an int8 .tflite file what no input can make a difference to; its outputs stay the same, bit for bit.

Ranges of values are followed through the graph with the reference kernels' own integer arithmetic, channel by channel.
A channel that comes out with one possible value is constant whatever the input. It goes where every operator that reads
it can do without: a constant is put into biases, exactly (`_weighted_rules` says where that is possible), and what
nobody reads any more goes, too. Every tensor keeps at least one channel; inputs and outputs of the model keep them all,
and so does whatever an operator without a rule touches.

Constant is meant in the arithmetic of TensorFlow Lite Micro's reference kernels, which edgekit's firmware shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from edgekit.errors import ModelError
from edgekit.exporters import _moving_rules as moving
from edgekit.exporters import _placing_rules as placing
from edgekit.exporters._channel_graph import (
    Bounds,
    OddOptions,
    Operand,
    Rule,
    anything,
    find_obstacle,
    is_activation,
    read_operands,
)
from edgekit.exporters._fixed_point import Array
from edgekit.exporters._flatbuffer_edit import FlatbufferEdit
from edgekit.exporters._weighted_making import make_weighted
from edgekit.exporters._weighted_rules import Weighted
from edgekit.tflite_macs import count_macs
from edgekit.tflite_model import TfliteModel, read_model

_RULES: dict[str, Callable[[Operand], Rule | None]] = {
    "CONV_2D": make_weighted,
    "DEPTHWISE_CONV_2D": make_weighted,
    "FULLY_CONNECTED": make_weighted,
    "ADD": moving.make_add,
    "AVERAGE_POOL_2D": moving.make_pool,
    "MAX_POOL_2D": moving.make_pool,
    "MEAN": moving.make_mean,
    "RESHAPE": placing.make_reshape,
    "SQUEEZE": placing.make_reshape,
    "EXPAND_DIMS": placing.make_reshape,
    "CONCATENATION": placing.make_concatenation,
    "PAD": placing.make_pad,
    "PADV2": placing.make_pad,
}


@dataclass(frozen=True, eq=False)
class DeadChannels:
    """`num_channels` are the outputs of weighted operators that were understood; 0 if there are none.

    `num_removable` counts those that can go, constant or read by nobody; `macs` and `weight_bytes` are what they hold.
    """

    num_channels: int
    num_constant: int
    num_removable: int
    macs: int
    weight_bytes: int
    note: str | None
    present: Mapping[int, Array] = field(repr=False)
    bounds: Mapping[int, Bounds] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)


def find_dead_channels(model: TfliteModel, multiple: int = 1) -> DeadChannels:
    """Proves what is constant and decides what can go; needs no runtime.

    `multiple`: tensors that lose channels keep a multiple of it, where there are as many; kernels like 4.

    Raises:
        ModelError: a part of the file that only this looks at is corrupt.
    """
    note = find_obstacle(model)
    rules = () if note else _make_rules(model)
    bounds = {} if note else _find_bounds(model, rules)
    present = _find_present(model, rules, bounds, multiple)
    weighted = [each for each in rules if isinstance(each, Weighted)]
    outputs = [each.activations[1] for each in weighted]
    if not weighted and not note:
        note = "no convolution or dense layer of plain int8, so nothing is proven"
    saved = [_held(model, each, present) for each in weighted]
    return DeadChannels(
        num_channels=sum(len(present[each]) for each in outputs),
        num_constant=sum(int(bounds[each].is_constant.sum()) for each in outputs),
        num_removable=sum(int((~present[each]).sum()) for each in outputs),
        macs=sum(macs for macs, _ in saved),
        weight_bytes=sum(num_bytes for _, num_bytes in saved),
        note=note,
        present=present,
        bounds=bounds,
        rules=rules,
    )


def remove_dead_channels(model: TfliteModel, found: DeadChannels | None = None) -> TfliteModel:
    """The model without them; itself if nothing can go. `found` is what `find_dead_channels` said of it.

    Raises:
        MissingDependencyError: the package that writes .tflite files is not installed.
    """
    found = find_dead_channels(model) if found is None else found
    changed = {index for index, kept in found.present.items() if not kept.all()}
    if not changed:
        return model
    edit = FlatbufferEdit(model.data)
    for rule in found.rules:
        if changed.intersection(rule.activations):
            rule.rewrite(edit, found.present, found.bounds)
    for index in sorted(changed):
        edit.set_channels(index, found.present[index])
    smaller = read_model(edit.pack())
    ends = [[(each.shape, each.dtype) for each in (*one.inputs, *one.outputs)] for one in (model, smaller)]
    if ends[0] != ends[1] or [each.name for each in smaller.operators] != [
        each.name for each in model.operators
    ]:
        raise ModelError("the smaller model has other inputs, outputs or operators; please report this model")
    return smaller


def _make_rules(model: TfliteModel) -> tuple[Rule, ...]:
    """A rule for each operator whose tensors are ordinary: written once, before they are read."""
    written = Counter(index for each in model.operators for index in each.outputs)
    inputs = {each.index for each in model.inputs}
    done = set(inputs)
    odd = {index for index, times in written.items() if times > 1 or index in inputs}
    odd |= {each.index for each in model.tensors if each.is_constant and written[each.index]}
    rules = []
    for operand in read_operands(model):
        operator = operand.operator
        computed = {index for index in operator.inputs if index >= 0 and not model.tensors[index].is_constant}
        is_ordinary = (
            len(operator.outputs) == 1 and computed <= done and not odd & {*computed, *operator.outputs}
        )
        rule = _make(operand) if is_ordinary else None
        if rule is not None:
            rules.append(rule)
        done.update(operator.outputs)
    return tuple(rules)


def _make(operand: Operand) -> Rule | None:
    make = _RULES.get(operand.operator.name)
    try:
        return None if make is None else make(operand)
    except OddOptions:
        return None


def _find_bounds(model: TfliteModel, rules: tuple[Rule, ...]) -> dict[int, Bounds]:
    """What each tensor with channels may hold; rules stand in the order of execution."""
    bounds = {each.index: anything(each) for each in model.tensors if is_activation(each)}
    for rule in rules:
        bounds[rule.operator.outputs[0]] = rule.bounds(bounds)
    return bounds


def _find_present(
    model: TfliteModel, rules: tuple[Rule, ...], bounds: Mapping[int, Bounds], multiple: int = 1
) -> dict[int, Array]:
    """The least set of channels that holds what has to stay, and whatever has to stay because of that; rounded up."""
    present = {index: np.zeros(len(each.low), np.bool_) for index, each in bounds.items()}
    for index in _rigid(model, rules):
        if index in present:
            present[index][:] = True
    _close(rules, present, bounds)
    # No axis may be empty. From the end, since what a result keeps its operands keep as well.
    for rule in reversed(rules):
        for index in reversed(rule.activations):
            if not present[index].any():
                present[index][0] = True
                _close(rules, present, bounds)
    _round_up(rules, present, bounds, multiple)
    return present


def _round_up(
    rules: tuple[Rule, ...], present: dict[int, Array], bounds: Mapping[int, Bounds], multiple: int
) -> None:
    """Takes channels back until those of each tensor are a multiple, or all that it had.

    From the end, as what a channel needs lies before it; again, as what shares a group with it may lie behind.
    """
    while True:
        before = sum(int(each.sum()) for each in present.values())
        for rule in reversed(rules):
            index = rule.operator.outputs[0]
            while present[index].sum() % multiple and not present[index].all():
                present[index][np.argmin(present[index])] = True
                _close(rules, present, bounds)
        if before == sum(int(each.sum()) for each in present.values()):
            return


def _close(rules: tuple[Rule, ...], present: dict[int, Array], bounds: Mapping[int, Bounds]) -> None:
    count = -1
    while count != (count := sum(int(each.sum()) for each in present.values())):
        for rule in reversed(rules):
            rule.spread(present, bounds)


def _rigid(model: TfliteModel, rules: tuple[Rule, ...]) -> set[int]:
    """Tensors that keep all channels: the model's ends, and what operators without a rule, or in another role, use."""
    understood = {each.operator.index: each.activations for each in rules}
    rigid = {each.index for each in (*model.inputs, *model.outputs)}
    for operator in model.operators:
        flexible = understood.get(operator.index, ())
        rigid.update(
            index for index in (*operator.inputs, *operator.outputs) if index >= 0 and index not in flexible
        )
    ruled = {index for each in rules for index in each.activations}
    return rigid | {each.index for each in model.tensors if each.index not in ruled}


def _held(model: TfliteModel, rule: Weighted, present: Mapping[int, Array]) -> tuple[int, int]:
    """(MACs, bytes of weights and bias) of what goes."""
    source, result = (model.tensors[each] for each in rule.activations)
    weights = model.tensors[rule.operator.inputs[1]]
    kept = rule.kept_shape(present)
    shapes = [(*each.shape[:-1], int(present[each.index].sum())) for each in (source, result)]
    macs = count_macs(rule.operator.name, [shapes[0], kept], [shapes[1]])
    bits = 4 if weights.dtype == "int4" else 8
    after = (int(np.prod(kept)) * bits + 7) // 8
    bias = 4 * int((~present[result.index]).sum()) if rule.has_bias else 0
    return rule.operator.macs - macs, weights.num_bytes - after + bias
