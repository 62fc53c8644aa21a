/**
 * tfjs's wasm memory as one that threads share.
 *
 * tfjs has a build with threads of its own, but its start wants Node's worker threads from a path, which
 * Deno refuses (ERR_WORKER_PATH), and most of the work is done by kernels of ours anyway. A module's
 * memory is shared or not by one bit of its binary; with it set, workers of ours can use the memory.
 *
 * Source: the threads proposal of WebAssembly, "Spec changes", limits with flag 3.
 *
 * @module
 */

const [IMPORTS, MEMORIES] = [2, 5];
const [HAS_MAXIMUM, SHARED] = [1, 2];

/**
 * A module's binary with its memory, imported or its own, marked as shared.
 *
 * @param binary Bytes of a valid module.
 * @returns null where it has no memory with a maximum, which sharing needs.
 */
export function withSharedMemory(
  binary: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | null {
  const at = limitsOf(binary);
  if (at === null || (binary[at] & HAS_MAXIMUM) === 0) return null;
  const shared = binary.slice();
  shared[at] |= SHARED;
  return WebAssembly.validate(shared) ? shared : null;
}

/** The place of the flags of the first memory. */
function limitsOf(binary: Uint8Array): number | null {
  let at = 8;
  /** An unsigned LEB128 number. */
  const number = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = binary[at++];
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  /** Skips the limits of a table or a memory. */
  const skipLimits = () => {
    if (number() & HAS_MAXIMUM) number();
    number();
  };
  while (at < binary.length) {
    const section = number();
    const size = number();
    const end = at + size;
    if (section === MEMORIES && number() > 0) return at;
    if (section === IMPORTS) {
      for (let left = number(); left > 0; left--) {
        for (let name = 0; name < 2; name++) {
          const length = number();
          at += length;
        }
        const kind = number();
        if (kind === 2) return at;
        // A function's type; a table's type and limits; a global's type and whether it changes.
        if (kind === 0) number();
        else if (kind === 1) {
          at++;
          skipLimits();
        } else at += 2;
      }
    }
    at = end;
  }
  return null;
}

/**
 * Does something during which the modules that are instantiated have shared memory, where that is
 * possible. Only `WebAssembly.instantiate` of bytes is meant, which is what Emscripten's start calls.
 */
export async function sharingMemory<A>(start: () => Promise<A>): Promise<A> {
  const { instantiate } = WebAssembly;
  const sharing = (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (source instanceof WebAssembly.Module) return instantiate(source, imports);
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source as ArrayBuffer);
    return instantiate(withSharedMemory(bytes) ?? bytes, imports);
  };
  WebAssembly.instantiate = sharing as typeof instantiate;
  try {
    return await start();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
