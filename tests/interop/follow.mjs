// Follows arrays while they grow, with zarrita: follow.py says what it does and prints.
//   follow.mjs STOP
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import * as zarr from "zarrita";
import { FileSystemStore } from "@zarrita/storage";

const NEW_FRAMES = 100, OLD_FRAMES = 3;

class Follower {
  lengths = [];
  sums = [];
  errors = [];
  #seen = 0;
  #turn = 0;

  constructor(folder) {
    this.root = zarr.root(new FileSystemStore(folder));
  }

  async poll() {
    try {
      return await this.look();
    } catch (error) {
      this.errors.push(String(error?.stack ?? error).slice(0, 300));
      return false;
    }
  }

  async look() {
    const array = await zarr.open.v3(this.root, { kind: "array" });
    const length = array.shape[0], end = Math.min(length, this.#seen + NEW_FRAMES);
    if (this.lengths.at(-1) !== length) this.lengths.push(length);
    if (end > this.#seen) {
      this.note(this.#seen, await zarr.get(array, [zarr.slice(this.#seen, end), null, null]), end - this.#seen);
      this.#seen = end;
    }
    for (let i = 0; i < OLD_FRAMES && length; ++i) {
      const old = length - 1 - Math.min((this.#turn += 71) % 300, length - 1);
      this.note(old, await zarr.get(array, [zarr.slice(old, old + 1), null, null]), 1);
    }
    return length > this.#seen;
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

const stop = process.argv[2];
console.log("ready");
const input = createInterface({ input: process.stdin });
const { value: folders } = await input[Symbol.asyncIterator]().next();
input.close();
const followers = JSON.parse(folders).map((folder) => new Follower(folder));
for (let ending = false, more = false; !ending || more; await setTimeout(20)) {
  ending = existsSync(stop);
  more = false;
  for (const follower of followers) more = (await follower.poll()) || more;
}
console.log(JSON.stringify(followers.map(({ lengths, sums, errors }) => ({ lengths, sums, errors }))));
