// Reads arrays with zarrita and compares them with the formula, or prints them.
//   zarrita_read.mjs STORE < JSON lines {"group", "field", "shape", "dtype"}
// Prints a JSON line per array: {"group", "fault": null | text} or {"group", "skipped": text}.
import { createInterface } from "node:readline";
import * as zarr from "zarrita";
import { FileSystemStore } from "@zarrita/storage";
import { pixels } from "./pixels.mjs";

const store = zarr.root(new FileSystemStore(process.argv[2]));
const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

async function faultOf({ group, field, shape, dtype }) {
  const array = await zarr.open.v3(store.resolve(group), { kind: "array" });
  if (array.dtype !== dtype || String(array.shape) !== String(shape)) return `[${array.shape}] ${array.dtype} instead of [${shape}] ${dtype}`;
  if (shape.includes(0)) return null; // zarrita 0.7 gets nothing from an array of length 0, whoever wrote it: there is nothing to get
  const found = await zarr.get(array);
  if (String(found.shape) !== String(shape)) return `a result of [${found.shape}]`;
  const data = dtype === "bool" ? Uint8Array.from(found.data, Number) : found.data;
  const wanted = pixels(field, shape, dtype);
  if (bytes(data).equals(bytes(wanted))) return null;
  const first = wanted.findIndex((value, at) => !Object.is(value, data[at]));
  return `wrong pixels, the first is number ${first}: ${data[first]} instead of ${wanted[first]}`;
}

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  let answer = { group: task.group };
  if (task.dtype === "float16" && !globalThis.Float16Array) answer.skipped = `Node ${process.version} has no Float16Array`;
  else answer.fault = await faultOf(task).catch((error) => String(error?.stack ?? error));
  console.log(JSON.stringify(answer));
}
