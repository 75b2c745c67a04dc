"""What may take operators over from a runtime's own kernels, and how much of a model it did take."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, List, NamedTuple, Optional

from edgekit.agent.errors import AgentError, first_line
from edgekit.wire.codes import Status

DELEGATES = ("xnnpack", "none", "edgetpu")
EDGETPU_LIBRARIES = ("libedgetpu.so.1", "libedgetpu.so.1.0", "libedgetpu.so")

# What each choice is called in the runtimes; without one they decide for themselves.
_RESOLVERS = {
    "xnnpack": "BUILTIN",
    "none": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    # One delegate at a time: what the Edge TPU leaves runs in the runtime's own kernels.
    "edgetpu": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
}


class Mapping(NamedTuple):
    """`num_partitions` is how many pieces the delegated operators are in."""

    num_operators_delegated: int
    num_partitions: int


def check_delegate(module: Any, runtime: str, kernels: str, delegate: Optional[str]) -> None:
    """Raises AgentError for what this runtime on this machine cannot do; loads nothing yet."""
    if kernels == "reference":
        if delegate not in (None, "none"):
            message = f"delegate {delegate!r} with the reference kernels, which run without one"
            raise AgentError(Status.BAD_REQUEST, message)
        if not hasattr(module, "OpResolverType"):
            raise AgentError(Status.UNSUPPORTED, f"{runtime} cannot select its reference kernels")
    elif delegate is not None and not hasattr(_resolvers(module), _RESOLVERS[delegate]):
        raise AgentError(Status.UNSUPPORTED, f"{runtime} cannot switch its own delegate on or off")
    if delegate == "edgetpu":
        if not hasattr(module, "load_delegate"):
            raise AgentError(Status.UNSUPPORTED, f"{runtime} cannot load delegates")
        find_edgetpu_library()


def interpreter_options(module: Any, kernels: str, delegate: Optional[str]) -> Dict[str, Any]:
    """Arguments of the runtime's Interpreter.

    Raises:
        AgentError: the delegate's library is not there, or finds no device.
    """
    if kernels == "reference":
        reference = module.OpResolverType.BUILTIN_REF
        return {"experimental_op_resolver_type": reference, "experimental_preserve_all_tensors": True}
    if delegate is None:
        return {}
    options: Dict[str, Any] = {
        "experimental_op_resolver_type": getattr(module.OpResolverType, _RESOLVERS[delegate])
    }
    if delegate == "edgetpu":
        options["experimental_delegates"] = [_load_edgetpu(module)]
    return options


def find_edgetpu_library() -> str:
    """The name that the dynamic linker finds the library under.

    Raises:
        AgentError: under none; says what to install.
    """
    why = ""
    for name in EDGETPU_LIBRARIES:
        try:
            ctypes.CDLL(name)
            return name
        except OSError as error:
            # Of a library that is there but cannot be loaded, the linker tells more than that it is missing.
            if "No such file" not in str(error) and not why:
                why = first_line(error)
    message = f"this board has no Edge TPU runtime ({EDGETPU_LIBRARIES[0]})"
    if why:
        message = f"the Edge TPU runtime of this board cannot be loaded: {why}"
    raise AgentError(Status.UNSUPPORTED, message + "; install Coral's package libedgetpu1-std on it")


def _load_edgetpu(module: Any) -> Any:
    name = find_edgetpu_library()
    try:
        return module.load_delegate(name)
    except (ValueError, RuntimeError, OSError) as error:
        message = "{} finds no Edge TPU ({}); is it plugged in, and may this user open it (udev rules)?"
        raise AgentError(Status.UNSUPPORTED, message.format(name, _why(error, name))) from error


def _why(error: BaseException, library: str) -> str:
    """The delegate's own words, which follow the runtime's line that names the library."""
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    return next((each for each in lines if library not in each), first_line(error))


def count_delegated(interpreter: Any) -> Optional[Mapping]:
    """How much of the loaded model delegates run; None from a runtime that does not say.

    The runtime lists the model's operators and after them one DELEGATE for each partition. A partition's
    operators are those that compute its outputs from its inputs.
    """
    try:
        operators = interpreter._get_ops_details()
        partitions = [each for each in operators if each["op_name"] == "DELEGATE"]
        own = [each for each in operators if each["op_name"] != "DELEGATE"]
        producers = {int(tensor): each for each in own for tensor in each["outputs"]}
        taken = set()
        for partition in partitions:
            given = {int(each) for each in partition["inputs"]}
            waiting: List[int] = [int(each) for each in partition["outputs"]]
            while waiting:
                tensor = waiting.pop()
                producer = producers.get(tensor)
                if tensor in given or producer is None or producer["index"] in taken:
                    continue
                taken.add(producer["index"])
                waiting += [int(each) for each in producer["inputs"]]
        return Mapping(len(taken), len(partitions))
    except Exception:
        return None


def _resolvers(module: Any) -> Any:
    return getattr(module, "OpResolverType", None)
