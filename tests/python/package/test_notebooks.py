"""The example notebooks run from the first cell to the last, and draw something."""

import asyncio
import os
import pathlib
import warnings

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")


def executed(path, folder, **environment):
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(client.async_execute(env={**os.environ, "MPLBACKEND": "agg", "MPLCONFIGDIR": str(folder), "IPYTHONDIR": str(folder), **environment}))
    return notebook


def pictures_in(notebook):
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws(path, tmp_path, request):
    data = pathlib.Path(os.environ.get("RESONANCE_DATA") or ROOT / "../shared/data").resolve()
    notebook = executed(path, tmp_path, RESONANCE_DATA=str(data), MPLBACKEND="module://matplotlib_inline.backend_inline")
    assert len(pictures_in(notebook)) >= 2
    if folder := os.environ.get("RESONANCE_NOTEBOOK_OUTPUT"):  # to look at them
        nbformat.write(notebook, pathlib.Path(folder) / path.name)


def test_the_analysis_runs_on_simulated_data_where_there_is_no_other(tmp_path):
    notebook = executed(ROOT / "examples/notebooks/analyse.ipynb", tmp_path, RESONANCE_DATA="/nowhere", MPLBACKEND="module://matplotlib_inline.backend_inline")
    assert "SIMULATED" in str(notebook.cells) and len(pictures_in(notebook)) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output(path):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)
