"""Stock readers of Zarr in Python, each as `read(store, group)`: the whole array."""

import numpy as np
import tensorstore
import zarr
import zarrs  # noqa: F401  registers the codec pipeline that read_zarrs names


def read_zarr(store, group):
    return zarr.open_array(store / group, mode="r")[:]


def read_zarrs(store, group):
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        return read_zarr(store, group)


def open_tensorstore(store, group):
    return tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{store / group}/"}}, read=True).result()


def read_tensorstore(store, group):
    return np.asarray(open_tensorstore(store, group).read().result())


READERS = {"zarr-python": read_zarr, "zarrs": read_zarrs, "tensorstore": read_tensorstore}
