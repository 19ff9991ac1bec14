// Frames of the film: asked for one by one, a few kept, all of them closed in the end.

import * as api from "./api.js";
import { film, page } from "./page.js";

const MOST = 24;
const MOST_BYTES = 200e6;
const WIDTHS = [480, 640, 960, 1280, 1600, 1920, 2560, 3840];
const kept = new Map(); // key -> ImageBitmap, the last one used last
const asking = new Map(); // key -> { answer, abort }
let width = WIDTHS[0];

/** Say how wide frames are shown, in pixels of the screen. */
export function fit(pixels) {
  width = Math.min(film().width, WIDTHS.find((one) => one >= pixels) ?? WIDTHS.at(-1));
}

const keyOf = (at, as) => [at, as, width, as === "masked" ? page.state.rev : ""].join(" ");

/** Return a kept frame at once, else undefined. It stays ours: draw it before anything is awaited. */
export function have(at, as) {
  const key = keyOf(at, as);
  const bitmap = kept.get(key);
  if (bitmap) keep(key, bitmap);
  return bitmap;
}

/** Ask for a frame and keep it. Raises AbortError where it was given up meanwhile. */
export async function load(at, as) {
  const key = keyOf(at, as);
  if (kept.has(key)) return;
  if (!asking.has(key)) asking.set(key, ask(key, at, as));
  await asking.get(key).answer;
}

function ask(key, at, as) {
  const abort = new AbortController();
  const answer = api
    .picture(at, width, as, abort.signal)
    .then((bitmap) => keep(key, bitmap))
    .finally(() => asking.delete(key));
  return { answer, abort };
}

/** Give up what was asked for, but for this frame. */
export function giveUp(wanted) {
  for (const [key, { abort }] of asking) if (!key.startsWith(`${wanted} `)) abort.abort();
}

function keep(key, bitmap) {
  kept.delete(key);
  kept.set(key, bitmap);
  let bytes = 0;
  for (const one of kept.values()) bytes += 4 * one.width * one.height;
  for (const [old, one] of kept) {
    if (old === key || (kept.size <= MOST && bytes <= MOST_BYTES)) break;
    bytes -= 4 * one.width * one.height;
    one.close();
    kept.delete(old);
  }
}
