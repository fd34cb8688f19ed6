"""Arguments of a wrong type: a TypeError that names them."""

from __future__ import annotations

import functools
import inspect
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

__all__ = ["followed", "named", "names_arguments", "texts"]

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])


def followed(path: str | os.PathLike[str]) -> pathlib.Path:
    """The file that a name leads to now, whatever links and working folder become of it; the name itself where nothing is there."""
    real = pathlib.Path(os.path.realpath(path))
    return real if real.exists() else pathlib.Path(path).absolute()


def texts(values: Iterable[str], name: str) -> list[str]:
    """A list of texts; one text alone would otherwise be taken apart into its letters."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} is a list of str, not {values!r}; for one of them: [{values!r}]")
    try:
        out = list(values)
    except TypeError:
        raise TypeError(f"{name} is a list of str, not {values!r}") from None
    for value in out:
        if not isinstance(value, str):
            raise TypeError(f"{name} is a list of str; {value!r} is none")
    return out


# What the extension says of a call that fits none of its functions names no argument:
#   find(): incompatible function arguments. The following argument types are supported:
#       1. find(self, *, plan: str | None = None, limit: int | None = None) -> list
#
#   Invoked with types: resonance._core.Catalog, kwargs = { plan: int, limit: NoneType }
_UNFIT = re.compile(r"\w+\(\): incompatible function arguments.*?1\. \w+\((?P<takes>.*?)\) -> .*?Invoked with types: (?P<given>.*)", re.DOTALL)
_HOT = {"write_event"}  # does it itself, without another call
_FITS = {"str": {"str"}, "int": {"int", "bool"}, "float": {"float", "int", "bool"}, "bool": {"bool"}, "None": {"NoneType"}}
_PLAIN = {"str", "int", "float", "bool", "NoneType", "list", "tuple", "dict", "bytes", "set"}


def _parts(text: str) -> list[str]:
    """Parted at the commas that are in no brackets."""
    return [part.strip() for part in re.split(r",\s*(?![^\[({]*[\])}])", text) if part.strip()]


def _given_types(takes: list[str], given: str) -> dict[str, tuple[str, str]]:
    """Argument → what it has to be, and what it is."""
    positional, _, keywords = given.partition("kwargs = {")
    names = [part.partition(":")[0].strip() for part in takes]
    types = dict(zip([name for name in names if name != "*"], _parts(positional), strict=False))
    types.update((name.strip(), kind.strip()) for name, _, kind in (part.partition(":") for part in _parts(keywords.rstrip(" }"))))
    wanted = {part.partition(":")[0].strip(): part.partition(":")[2].partition("=")[0].strip() for part in takes}
    return {name: (wanted[name], kind) for name, kind in types.items() if wanted.get(name)}


def named(error: TypeError, values: Mapping[str, Any]) -> TypeError:
    """The same error, but saying which argument is wrong, when it is the extension's; `values` are the arguments as far as known."""
    found = _UNFIT.match(str(error))
    if found is None:
        return error
    types = _given_types(_parts(found["takes"]), found["given"])
    wrong = []
    for name, (wanted, kind) in types.items():
        kinds = wanted.split(" | ")
        if kind == "NoneType" and "None" not in kinds:
            wrong.append((False, f"{name} cannot be None" if "object" in kinds else f"{name} is {' or '.join(kinds)}, not None"))
        elif "object" not in kinds and not any(kind == each or kind in _FITS.get(each, ()) for each in kinds):
            known = kind in _PLAIN and all(each in _FITS for each in kinds)  # else it is only likely
            wrong.append((not known, f"{name} is {' or '.join(kinds)}, not {_shown(values.get(name), kind)}"))
    if wrong:
        return TypeError(min(wrong, key=lambda each: each[0])[1])
    numbers = [name for name, (wanted, kind) in types.items() if kind == "int" and isinstance(values.get(name), int)]
    outside = [name for name in numbers if not 0 <= values[name] < 2**31] or numbers
    return TypeError(f"{outside[0]} cannot be {values[outside[0]]}") if outside else error


def _shown(value: Any, kind: str) -> str:
    return kind if value is None else repr(value)[:100]


def _clear(function: F) -> F:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*positional: Any, **keywords: Any) -> Any:
        try:
            return function(*positional, **keywords)
        except TypeError as error:
            try:
                values = signature.bind(*positional, **keywords).arguments
            except TypeError:
                raise error from None
            clearer = named(error, values)
            if clearer is error:
                raise
            raise clearer from None

    return call  # type: ignore[return-value]


def names_arguments(what: C) -> C:
    """Make a function, or the methods of a class, name the argument that is of a wrong type."""
    if not isinstance(what, type):
        return _clear(what)  # type: ignore[type-var]
    for name, member in list(vars(what).items()):
        if inspect.isfunction(member) and (not name.startswith("_") or name == "__init__") and name not in _HOT:
            setattr(what, name, _clear(member))
    return what
