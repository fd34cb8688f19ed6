"""Types: the package under mypy, the examples under mypy and pyright, all strict; stubs and documentation complete."""

import ast
import functools
import importlib
import inspect
import os
import pathlib
import pkgutil
import re
import subprocess
import sys

import pytest
import resonance
from resonance import _core

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


def test_mypy_finds_nothing_in_the_package_and_the_examples():
    done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", "build/mypy", "--strict", "python/resonance", *map(str, EXAMPLES)], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_option_is_found_before_the_night_shift(tmp_path):
    program = tmp_path / "night.py"
    program.write_text("import resonance\n"
                       "resonance.RunWriter('x.db', durability='strict', codec='none')\n"
                       "resonance.RunWriter('x.db', durabilty='strict')\n"
                       "resonance.Beamtime('x.db').writer(codec='lzma')\n"
                       "resonance.simulate('x.db', levle=3)\n")
    done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", ROOT / "build" / "mypy", "--strict", program], cwd=ROOT / "python", capture_output=True, text=True)
    assert {int(line) for line in re.findall(r"night\.py:(\d+): error", done.stdout)} == {3, 4, 5}, done.stdout + done.stderr


def test_pyright_finds_nothing_in_the_examples():
    pytest.importorskip("pyright", reason="pyright is not installed")
    done = subprocess.run([sys.executable, "-m", "pyright", "--project", "pyproject.toml", "--pythonpath", sys.executable], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})
    if done.returncode not in (0, 1):
        pytest.skip(f"pyright does not run here: {done.stderr.strip().splitlines()[-1:]}")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_run(example, tmp_path):
    done = subprocess.run([sys.executable, example, str(tmp_path / "scan.db")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_stub_names_everything_that_the_extension_has():
    stub = (ROOT / "python" / "resonance" / "_core.pyi").read_text()
    classes = dict(re.findall(r"^class (\w+):\n((?:(?:    .*)?\n)+)", stub, re.MULTILINE))
    for name, value in vars(_core).items():
        if name.startswith("__") and name != "__version__":
            continue
        if not isinstance(value, type):
            assert re.search(rf"^(def {name}\(|{name}:)", stub, re.MULTILINE), name
            continue
        wanted = {member for member in vars(value) if not member.startswith("_")}
        assert wanted == {member for member in re.findall(r"def (\w+)\(", classes[name]) if not member.startswith("_")}, name


def parameters(arguments: ast.arguments) -> list[tuple[str, bool]]:
    """(name, whether it may be left out), those by name alone behind the others."""
    places = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    optional = len(places) - len(arguments.defaults)
    found = [(name, i >= optional) for i, name in enumerate(places)]
    return found + [(argument.arg, default is not None) for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]


TYPE = re.compile(r": [^,()=\[\]]*(\[[^=]*?\])*(?=[,)=]| =)")


def stubbed(nodes, prefix=""):
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from stubbed(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.decorator_list:
            yield prefix + node.name, node.args


def test_the_stub_has_the_parameters_of_the_extension():
    stub = ast.parse((ROOT / "python" / "resonance" / "_core.pyi").read_text())
    compared, wrong = 0, {}
    for name, wanted in stubbed(stub.body):
        thing = functools.reduce(getattr, name.split("."), _core)
        signature = re.match(r"\w+(\(.*\)) -> ", thing.__doc__ or "")
        if signature is None or wanted.kwarg or "*args" in signature[1]:
            continue
        bare = TYPE.sub("", signature[1])
        found = parameters(ast.parse(f"def f{bare}: ...").body[0].args)
        given = parameters(wanted)
        named = [(theirs if re.fullmatch(r"arg\d*", ours) else ours, may) for (ours, may), (theirs, _) in zip(found, given, strict=False)]
        compared += 1
        if named != given or len(found) != len(given):
            wrong[name] = (found, given)
    assert not wrong and compared > 40


def test_every_module_has_what_it_names():
    for info in pkgutil.walk_packages(resonance.__path__, "resonance."):
        module = importlib.import_module(info.name)
        assert [name for name in getattr(module, "__all__", []) if not hasattr(module, name)] == [], info.name


def public_things():
    for info in pkgutil.walk_packages(resonance.__path__, "resonance."):
        if info.name.rsplit(".", 1)[-1].startswith("_"):
            continue
        module = importlib.import_module(info.name)
        yield info.name, module
        for name in getattr(module, "__all__", []):
            yield f"{info.name}.{name}", getattr(module, name)
    for name in resonance.__all__:
        yield f"resonance.{name}", getattr(resonance, name)


def test_everything_public_is_documented_and_typed():
    missing = []
    for name, thing in public_things():
        if isinstance(thing, (int, str)):
            continue
        if not inspect.getdoc(thing):
            missing.append(name)
        if not inspect.isclass(thing) or not thing.__module__.startswith("resonance"):
            continue
        for member, value in vars(thing).items():
            if member.startswith("_") or not (inspect.isfunction(value) or isinstance(value, property)):
                continue
            if not inspect.getdoc(value) and member not in ("ndim", "dtype", "uid", "plan_name", "num_events", "metadata", "sample"):
                missing.append(f"{name}.{member}")
            function = value.fget if isinstance(value, property) else value
            if "return" not in function.__annotations__:
                missing.append(f"{name}.{member}: no types")
    assert missing == []
    assert (pathlib.Path(resonance.__file__).parent / "py.typed").is_file()
