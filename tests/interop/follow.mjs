// Follows arrays while they grow, with zarrita: follow.py says what it does and prints.
//   follow.mjs STOP GROUP...
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as zarr from "zarrita";
import { FileSystemStore } from "@zarrita/storage";

const OLD_FRAMES = 3;

class Follower {
  lengths = [];
  sums = [];
  errors = [];
  #turn = 0;

  constructor(folder) {
    this.root = zarr.root(new FileSystemStore(folder));
  }

  async poll() {
    try {
      await this.look();
    } catch (error) {
      this.errors.push(String(error?.stack ?? error).slice(0, 300));
    }
  }

  async look() {
    const array = await zarr.open.v3(this.root, { kind: "array" });
    const length = array.shape[0], seen = this.sums.length;
    if (this.lengths.at(-1) !== length) this.lengths.push(length);
    if (length > seen) this.note(seen, await zarr.get(array, [zarr.slice(seen, length), null, null]), length - seen);
    for (let i = 0; i < OLD_FRAMES && length; ++i) {
      const old = length - 1 - Math.min((this.#turn += 71) % 300, length - 1);
      this.note(old, await zarr.get(array, [zarr.slice(old, old + 1), null, null]), 1);
    }
  }

  note(first, { data, shape }, count) {
    if (shape[0] !== count) throw new Error(`${shape[0]} frames read where ${count} were asked for`);
    const pixels = shape[1] * shape[2];
    for (let i = 0; i < count; ++i) {
      const total = data.subarray(i * pixels, (i + 1) * pixels).reduce((sum, value) => sum + value, 0);
      const sums = (this.sums[first + i] ??= []);
      if (!sums.includes(total)) sums.push(total);
    }
  }
}

const [stop, ...folders] = process.argv.slice(2);
const followers = folders.map((folder) => new Follower(folder));
for (let last = false; !last; await setTimeout(20)) {
  last = existsSync(stop);
  for (const follower of followers) await follower.poll();
}
console.log(JSON.stringify(followers.map(({ lengths, sums, errors }) => ({ lengths, sums, errors }))));
