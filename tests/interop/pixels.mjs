// The pixels that the programs of this folder write: pixels.hpp says how they are made.

const arrays = {
  bool: Uint8Array, int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array,
  float16: globalThis.Float16Array, float32: Float32Array, float64: Float64Array,
};
const floats = { float16: [65504, 2 ** -24], float32: [(2 - 2 ** -23) * 2 ** 127, 2 ** -149], float64: [Number.MAX_VALUE, Number.MIN_VALUE] };

export function table(dtype) {
  const Type = arrays[dtype];
  const numbers = Array.from({ length: 101 }, (_, m) => m);
  if (dtype === "bool") return Type.from(numbers, (m) => m % 2);
  if (dtype in floats) {
    const special = [NaN, Infinity, -Infinity, -0, ...floats[dtype]];
    return Type.from(numbers, (m) => (m < special.length ? special[m] : (m - 50) / 8));
  }
  const bits = BigInt(8 * Type.BYTES_PER_ELEMENT), signed = dtype.startsWith("int");
  const top = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  const special = [signed ? -top - 1n : 0n, top, top - 1n];
  const step = ((1n << bits) - 1n) / 255n;
  const whole = numbers.map((m) => special[m] ?? BigInt(m - (signed ? 50 : 0)) * step);
  return Type.from(bits === 64n ? whole : whole.map(Number));
}

export function pixels(field, [frames, height, width], dtype) {
  const values = table(dtype);
  const out = new values.constructor(frames * height * width);
  let at = 0;
  for (let frame = 0; frame < frames; ++frame)
    for (let y = 0; y < height; ++y)
      for (let x = 0; x < width; ++x, ++at)
        if (frame % 7 !== 3) out[at] = values[(37 * field + 11 * frame + 5 * y + 3 * x) % 101];
  return out;
}
