// What is private in each frame: asked for by the hundred frames, kept for a few hundred.

import * as api from "./api.js";
import { change, lastFrame, page } from "./page.js";
import { trouble } from "./tell.js";

const STEP = 100;
const MOST = 8;
const chunks = new Map(); // number -> { stamp, frames, asking }

/** Return the regions of a frame, null while they are not known; asks for them where needed. */
export function regionsOf(at) {
  const number = Math.floor(at / STEP);
  const chunk = fresh(number);
  if (page.playing && at % STEP > STEP / 2 && (number + 1) * STEP <= lastFrame()) fresh(number + 1);
  return chunk.frames?.get(at) ?? null;
}

function fresh(number) {
  const chunk = chunks.get(number) ?? { stamp: null, frames: null, asking: false };
  chunks.delete(number); // the last one used stands last
  chunks.set(number, chunk);
  while (chunks.size > MOST) chunks.delete(chunks.keys().next().value);
  if (chunk.stamp !== stampOf(number) && !chunk.asking) load(number, chunk);
  return chunk;
}

/** Return what tells whether an answer is still true; frames not looked at yet change with no decision. */
function stampOf(number) {
  const { rev, looking } = page.state;
  return looking && (number + 1) * STEP > looking.done ? `${rev} ${looking.done}` : `${rev}`;
}

async function load(number, chunk) {
  chunk.asking = true;
  chunk.stamp = stampOf(number); // before asking: a failure is tried again after the next change only
  try {
    const told = await api.regions(number * STEP, Math.min(lastFrame(), number * STEP + STEP - 1));
    chunk.frames = new Map(told.frames.map((frame) => [frame.frame, frame]));
    if (told.rev > page.state.rev) await api.refresh();
  } catch (error) {
    trouble(error);
  } finally {
    chunk.asking = false;
    change({ regions: number });
  }
}
