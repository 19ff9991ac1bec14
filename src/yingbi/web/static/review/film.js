// The film on its canvases: the wanted frame as soon as it comes, and playing that keeps the time.

import * as frames from "./frames.js";
import { change, film, inFilm, lastFrame, page, watch } from "./page.js";
import { found, trouble } from "./tell.js";

const LANES = 3; // frames that are asked for at a time while playing
const PATIENCE_MS = 250; // so long a frame that is no longer wanted may still come
const stage = document.getElementById("stage");
const box = document.getElementById("picture");
const before = document.getElementById("film");
const after = document.getElementById("film-after");
let asked = { at: null, since: 0 };
let playing = 0; // grows with every start and stop, so that old lanes end

const ways = () => ({ clear: ["clear"], masked: ["masked"], written: ["written"], compare: ["clear", "written"] })[page.view];

export function seek(at) {
  stop();
  change({ at: inFilm(at) });
}

/** Show the wanted frame. While one is on its way that was wanted just now, that one comes first. */
async function show() {
  if (page.playing) return;
  const at = page.at;
  if (draw(at)) return;
  const busy = asked.at !== null && asked.at !== at;
  const patience_ms = asked.since + PATIENCE_MS - performance.now();
  if (busy && patience_ms > 0) return setTimeout(show, patience_ms);
  frames.giveUp(at);
  asked = { at, since: performance.now() };
  await get(at);
  if (asked.at === at) asked.at = null;
  if (page.playing) return;
  draw(at);
  if (page.at !== at) show();
}

async function get(at) {
  try {
    await Promise.all(ways().map((as) => frames.load(at, as)));
    found();
    return true;
  } catch (error) {
    trouble(error);
    return false;
  }
}

/** Draw a frame and return true, or return false where it is not there. */
function draw(at) {
  const bitmaps = ways().map((as) => frames.have(at, as));
  if (bitmaps.includes(undefined)) return false;
  paint(before, bitmaps[0]);
  if (bitmaps[1]) paint(after, bitmaps[1]);
  after.hidden = bitmaps.length < 2;
  change(page.playing ? { shown: at, at } : { shown: at });
  return true;
}

function paint(canvas, bitmap) {
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  }
  canvas.getContext("2d", { alpha: false }).drawImage(bitmap, 0, 0);
}

export function toggle() {
  return page.playing ? stop() : play();
}

export function stop() {
  if (!page.playing) return;
  playing += 1;
  change({ playing: false });
}

function play() {
  const from = page.shown >= lastFrame() ? -1 : page.shown;
  playing += 1;
  frames.giveUp(null);
  asked.at = null;
  change({ playing: true });
  const rate = (page.speed * film().frames) / Math.max(1e-9, film().duration_s) / 1000;
  const run = { number: playing, from, rate, start: performance.now(), next: from + 1, drawn: from, wait_ms: 60, gap_ms: 1 / rate, came: 0 };
  for (let lane = 0; lane < LANES; lane += 1) carry(run);
}

/** Bring one frame after another, each at its time: those that cannot come in time are left out. */
async function carry(run) {
  while (run.number === playing) {
    const asked_ms = performance.now();
    const due = run.from + (asked_ms - run.start + run.wait_ms) * run.rate;
    const at = Math.min(lastFrame(), Math.max(run.next, Math.floor(due)));
    run.next = at + Math.max(1, Math.round(run.gap_ms * run.rate));
    const came = await get(at);
    if (run.number !== playing) return;
    if (!came) return stop();
    pace(run, asked_ms);
    await until(run.start + (at - run.from) / run.rate);
    if (run.number !== playing) return;
    if (at > run.drawn) draw((run.drawn = at));
    if (at >= lastFrame()) return stop();
  }
}

/** Learn how long a frame takes, and how far apart they come. */
function pace(run, asked_ms) {
  const now = performance.now();
  run.wait_ms += 0.2 * (now - asked_ms - run.wait_ms);
  if (run.came) run.gap_ms += 0.1 * (Math.min(1000, now - run.came) - run.gap_ms);
  run.came = now;
}

const until = (time_ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, time_ms - performance.now())));

/** Let the picture fill the stage in its own shape. */
function fit() {
  if (!page.state) return;
  const room = stage.getBoundingClientRect();
  const { width, height } = film();
  stage.style.setProperty("--shape", width / height);
  const scale = Math.min(room.width / width, room.height / height);
  box.style.width = `${Math.floor(width * scale)}px`;
  box.style.height = `${Math.floor(height * scale)}px`;
  frames.fit(width * scale * devicePixelRatio);
  change({ size: scale });
}

new ResizeObserver(fit).observe(stage);
let shape = "";
watch(["state"], () => {
  const { width, height, rate } = film();
  if (shape !== (shape = `${width} ${height} ${rate}`)) fit();
});
watch(["at", "view", "size"], show);
watch(["state"], () => page.view === "masked" && show());
watch(["speed"], () => {
  if (!page.playing) return;
  stop();
  play();
});
