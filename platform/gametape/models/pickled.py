"""Arrays out of a pickled file without running it.

A pickle is a program that may call anything. Here its instructions are read one by one and only
those are followed that build dictionaries, tuples, strings, numbers, and NumPy arrays of plain
numbers, which are put together by this code from the bytes in the file; any other is refused.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gametape.errors import InputError

# What may be named in the file; none of it is imported, and none is called.
ARRAY, TYPE = ("numpy.core.multiarray", "_reconstruct"), ("numpy", "dtype")
KNOWN = {ARRAY, ("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"), TYPE}
PLAIN = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"}
MOST_BYTES = 1 << 31


class _RefusedError(Exception):
    """Something in the file that is not followed."""


@dataclass
class _Thing:
    """An array or its type, half told."""

    kind: str
    state: Any = None


@dataclass
class _Reader:
    """The stack and the memory of a pickle."""

    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memory: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def take(self, count: int) -> list[Any]:
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found

    def follow(self, name: str, argument: Any) -> None:
        if name in PUSHED:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name]())
        elif name in ACTIONS:
            ACTIONS[name](self, argument)
        elif name not in IGNORED:
            raise _RefusedError(f"the instruction {name}")


def read_pickled_arrays(data: bytes, *, name: str) -> Any:
    """The dictionary of arrays that a pickled file holds; `name` is the file's, for errors."""
    if len(data) > MOST_BYTES:
        raise InputError(f"{name}: larger than 2 GB, which no weights here are. Get it again.")
    reader = _Reader()
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name == "STOP":
                return _finished(reader.stack[-1])
            reader.follow(operation.name, argument)
    except _RefusedError as error:
        raise InputError(
            f"{name}: holds {error}, and not arrays alone, so it is not opened. Get it again."
        ) from None
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{name}: is damaged ({error}). Get it again.") from error
    raise InputError(f"{name}: is cut short. Get it again.")


def _name(reader: _Reader, _: Any) -> None:
    module, name = reader.take(2)
    if (module, name) not in KNOWN:
        raise _RefusedError(f"{module}.{name}")
    reader.stack.append((module, name))


def _call(reader: _Reader, _: Any) -> None:
    what, arguments = reader.take(2)
    if what == TYPE and arguments[0] in PLAIN:
        reader.stack.append(_Thing("type", arguments[0]))
    elif what in KNOWN and what[1] == "_reconstruct":
        reader.stack.append(_Thing("array"))
    else:
        raise _RefusedError(f"a call of {what} with {arguments!r:.40}")


def _build(reader: _Reader, _: Any) -> None:
    state = reader.stack.pop()
    thing = reader.stack[-1]
    if not isinstance(thing, _Thing):
        raise _RefusedError("an object that is no array")
    if thing.kind == "array":
        _, shape, type_, is_fortran, content = state
        if is_fortran or type_.kind != "type":
            raise _RefusedError("an array in an order that is not read")
        thing.state = np.frombuffer(content, np.dtype(f"<{type_.state}")).reshape(shape)
    elif state[1] not in ("<", "|"):
        raise _RefusedError("numbers of another machine")


def _finished(value: Any) -> Any:
    """The same with plain arrays in place of what was told of them."""
    if isinstance(value, dict):
        return {key: _finished(inner) for key, inner in value.items()}
    if isinstance(value, _Thing):
        if value.state is None:
            raise _RefusedError("an array without numbers")
        return value.state
    raise _RefusedError(f"a {type(value).__name__} where arrays should be")


def _set_items(reader: _Reader, _: Any) -> None:
    flat = reader.since_mark()
    reader.stack[-1].update(zip(flat[::2], flat[1::2], strict=True))


def _set_item(reader: _Reader, _: Any) -> None:
    key, value = reader.take(2)
    reader.stack[-1][key] = value


def _memorize(reader: _Reader, _: Any) -> None:
    reader.memory[len(reader.memory)] = reader.stack[-1]


def _tuple(count: int) -> Callable[[_Reader, Any], None]:
    return lambda reader, _: reader.stack.append(tuple(reader.take(count)))


PUSHED = {
    *("BININT", "BININT1", "BININT2", "SHORT_BINUNICODE", "BINUNICODE"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
IGNORED = {"PROTO", "FRAME"}
ACTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    "MARK": lambda reader, _: reader.marks.append(len(reader.stack)),
    "MEMOIZE": _memorize,
    "BINGET": lambda reader, place: reader.stack.append(reader.memory[place]),
    "LONG_BINGET": lambda reader, place: reader.stack.append(reader.memory[place]),
    "STACK_GLOBAL": _name,
    "REDUCE": _call,
    "BUILD": _build,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "TUPLE": lambda reader, _: reader.stack.append(tuple(reader.since_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
}
