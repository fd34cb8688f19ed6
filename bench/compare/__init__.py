"""What bench/compare_frames is made of. `worker.py` and `peers/` run in the environment with the peers, the rest does not need it."""
