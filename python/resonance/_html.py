"""What notebooks show of runs, frames and catalogs."""

from __future__ import annotations

import base64
import datetime
import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._catalog import Catalog
    from ._images import ImageSequence
    from ._run import Run

_ROWS = 5
_COLUMNS = 8
_THUMBNAIL_PIXELS = 256


def _local(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    except (ValueError, OverflowError, OSError):  # milliseconds, say; then it is no date
        return str(seconds)


def _pairs(rows: list[tuple[str, Any]]) -> str:
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th><td style='text-align:left'>{html.escape(str(value))}</td></tr>"
        for name, value in rows
        if value not in (None, "", [])
    )
    return f"<table>{cells}</table>"


def _thumbnail(images: ImageSequence, number: int) -> str:
    _, height, width = images.shape
    step = max(1, -(-max(height, width) // _THUMBNAIL_PIXELS))
    frame = images[number] if step == 1 else images[number, ::step, ::step]
    from . import _core

    picture = base64.b64encode(_core.encode_png(frame)).decode()
    return f"<img alt='frame {number}' style='max-width:{_THUMBNAIL_PIXELS}px;image-rendering:pixelated' src='data:image/png;base64,{picture}'>"


def _figure(images: ImageSequence) -> str:
    if len(images) == 0:
        return ""
    frames, height, width = images.shape
    number = frames // 2
    try:
        picture = _thumbnail(images, number)
    except Exception as error:  # a damaged frame must not hide the rest
        picture = f"<em>{html.escape(str(error))}</em>"
    caption = f"{html.escape(images.field)}: {frames} × {height} × {width} {images.dtype}, frame {number}"
    return f"<figure style='display:inline-block;margin:0.5em'>{picture}<figcaption>{caption}</figcaption></figure>"


def _first_rows(run: Run, stream: str) -> str:
    table = run.table(stream, max_rows=_ROWS)
    units = table.attrs.get("units", {})
    shown = table.iloc[:, :_COLUMNS].astype({"time": object})
    shown["time"] = [_local(seconds) for seconds in table["time"]]
    shown.columns = [f"{name} [{units[name]}]" if name in units and name != "time" else name for name in shown.columns]
    more = len(table.columns) - _COLUMNS
    note = f"<p>… and {more} more columns</p>" if more > 0 else ""
    return f"<p><b>{html.escape(stream)}</b></p>{shown.to_html(max_rows=_ROWS)}{note}"


def run_html(run: Run) -> str:
    summary, sample = run.summary(), run.sample
    facts: list[tuple[str, Any]] = [
        ("uid", run.uid),
        ("status", summary.exit_status or run.state),
        ("reason", run.reason),
        ("sample", sample.name if sample else None),
        ("started", _local(summary.time_start)),
        ("stopped", _local(summary.time_stop)),
        ("operator", summary.operator),
        ("tags", ", ".join(summary.tags)),
        ("events", summary.num_events),
        ("frames", summary.num_frames),
    ]
    facts += [(name, value) for name, value in run.metadata.items() if isinstance(value, (str, int, float)) and name != "scan_id"][:10]
    streams = "".join(_first_rows(run, stream) for stream in run.streams[:3])
    pictures = "".join(_figure(run.images(field)) for field in run.fields[:3])
    return f"<h4>Scan {summary.scan_id}: {html.escape(summary.plan_name)}</h4>{_pairs(facts)}{streams}{pictures}"


def images_html(images: ImageSequence) -> str:
    return f"<code>{html.escape(repr(images))}</code><br>{_figure(images)}"


def catalog_html(catalog: Catalog) -> str:
    if catalog._catalog is None:
        return html.escape(repr(catalog))
    runs = catalog.runs(limit=20).drop(columns=["stop", "operator", "tags"])
    return f"<code>{html.escape(repr(catalog))}</code>{runs.to_html()}"
