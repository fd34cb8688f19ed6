"""zarr-python with the codec pipeline of zarrs (Rust)."""

import zarr
import zarrs  # noqa: F401: registers the pipeline

from . import zarr_python_peer

zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})


class Peer(zarr_python_peer.Peer):
    PACKAGES = ("zarrs", "zarr")
