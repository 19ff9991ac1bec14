// The axis of time: what part of the film the rows show, the ruler above them and the line at now.

import { change, film, frameAt, inFilm, keyOf, page, timeOf, watch } from "./page.js";
import { seek } from "./film.js";
import { clock } from "./words.js";

const ruler = document.getElementById("ruler");
const rows = document.getElementById("rows");
const needle = document.getElementById("needle");
const style = getComputedStyle(ruler);
const LEAST = 20; // frames that the axis shows at most closely
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

/** Return where a frame's beginning is, in a width of so many pixels. */
export const across = (at, width) => ((at - page.axis.from) * width) / (page.axis.to - page.axis.from);

/** Return the frame under a pointer, over the ruler or over any bar: they stand in one column. */
export function under(event) {
  const room = ruler.getBoundingClientRect();
  return inFilm(Math.floor(page.axis.from + ((event.clientX - room.left) / room.width) * (page.axis.to - page.axis.from)));
}

/** Show more or less of the film's time; the frame stays where it is. */
export function zoom(factor, at = page.at) {
  const { from, to } = page.axis;
  const length = Math.min(film().frames, Math.max(LEAST, (to - from) * factor));
  const share = Math.min(1, Math.max(0, (at - from) / (to - from)));
  place(at - share * length, length);
}

export const pan = (share) => place(page.axis.from + share * (page.axis.to - page.axis.from));

export const whole = () => place(0, film().frames);

/** Let a part of the film fill about half of the axis. */
export function close(from, to) {
  const length = Math.max(LEAST, Math.min(film().frames, 2 * (to - from + 1)));
  place((from + to) / 2 - length / 2, length);
}

function place(from, length = page.axis.to - page.axis.from) {
  const start = Math.max(0, Math.min(film().frames - length, from));
  change({ axis: { from: start, to: start + length } });
}

/** Keep now in sight: turn to its page where it has left this one. */
function follow() {
  const { from, to } = page.axis;
  if (page.at < from || page.at >= to) place(page.at - (to - from) * (page.playing ? 0.02 : 0.5));
}

/** Make a canvas as sharp as the screen; return its pen in pixels of the page, and its size. */
export function sharp(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dots = devicePixelRatio;
  const [wide, high] = [Math.round(width * dots), Math.round(height * dots)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const pen = canvas.getContext("2d");
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function draw() {
  if (!page.state) return;
  const { pen, width, height } = sharp(ruler);
  drawRanges(pen, width, height);
  drawTicks(pen, width, height);
  drawDoubts(pen, width, height);
  drawMarks(pen, width, height);
}

function drawTicks(pen, width, height) {
  const size = parseFloat(style.fontSize) * 0.88;
  const shown_s = timeOf(page.axis.to) - timeOf(page.axis.from);
  const step = STEPS_S.find((one) => (one / shown_s) * width >= 6 * size) ?? STEPS_S.at(-1);
  pen.fillStyle = pen.strokeStyle = style.color;
  pen.font = `${size}px ${style.fontFamily}`;
  pen.textBaseline = "top";
  pen.globalAlpha = 0.8;
  for (let n = Math.ceil(timeOf(page.axis.from) / step); n * step <= timeOf(page.axis.to); n += 1) {
    const x = Math.round(across(frameAt(n * step), width)) + 0.5;
    pen.fillRect(x - 0.5, height - size / 2, 1, size / 2);
    const text = clock(n * step, step >= 1);
    if (x + pen.measureText(text).width + 6 < width) pen.fillText(text, x + 4, 4);
  }
  pen.globalAlpha = 1;
}

/** Where ranges are set, only there is masked: the rest is hatched. */
function drawRanges(pen, width, height) {
  if (!page.state.ranges.length) return;
  hatch(pen, 0, 0, width, height, style.getPropertyValue("--see-ignored"));
  for (const { from_s, to_s } of page.state.ranges) {
    const [x0, x1] = [across(frameAt(from_s), width), across(frameAt(to_s ?? film().duration_s) + 1, width)];
    pen.clearRect(x0, 0, x1 - x0, height);
  }
}

/** Fill with slanting lines. */
export function hatch(pen, x, y, width, height, colour) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.25;
  pen.beginPath();
  for (let left = Math.floor((x - height) / 6) * 6; left < x + width; left += 6) {
    pen.moveTo(left, y + height);
    pen.lineTo(left + height, y);
  }
  pen.stroke();
  pen.restore();
}

function drawDoubts(pen, width, height) {
  pen.fillStyle = pen.strokeStyle = style.getPropertyValue("--see-doubt");
  pen.lineWidth = 1.25;
  for (const moment of page.state.moments) {
    const x = across(moment.at, width);
    if (x < -9 || x > width + 9) continue;
    const r = (height / 40) * (page.moment && keyOf(moment) === keyOf(page.moment) ? 6 : 3.5);
    const y = height * 0.7;
    pen.beginPath();
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y);
    pen.lineTo(x, y + r);
    pen.lineTo(x - r, y);
    pen.closePath();
    if (page.looked.has(keyOf(moment))) pen.stroke();
    else pen.fill();
  }
}

function drawMarks(pen, width, height) {
  const { from, to } = page.marks;
  pen.fillStyle = pen.strokeStyle = style.getPropertyValue("--see-drawn");
  if (from !== null && to !== null) {
    pen.globalAlpha = 0.25;
    pen.fillRect(across(from, width), 0, across(to + 1, width) - across(from, width), height);
    pen.globalAlpha = 1;
  }
  pen.lineWidth = 2;
  for (const [at, way] of [[from, 1], [to === null ? null : to + 1, -1]]) {
    if (at === null) continue;
    const x = across(at, width);
    pen.beginPath();
    pen.moveTo(x + 5 * way, 1);
    pen.lineTo(x, 1);
    pen.lineTo(x, height - 1);
    pen.lineTo(x + 5 * way, height - 1);
    pen.stroke();
  }
}

function drawNeedle() {
  if (!page.state) return;
  const room = ruler.getBoundingClientRect();
  const x = across(page.at, room.width);
  needle.hidden = x < 0 || x > room.width;
  rows.parentElement.style.setProperty("--now", `${room.left - rows.getBoundingClientRect().left + x}px`);
}

rows.addEventListener("wheel", turn, { passive: false });
function turn(event) {
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
  const closer = event.ctrlKey || event.target === ruler;
  if (!page.state || (!sideways && !closer)) return; // the list of people scrolls
  event.preventDefault();
  if (sideways) pan(sideways / 1000);
  else zoom(1.0015 ** event.deltaY, under(event));
}

ruler.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !page.state) return;
  ruler.setPointerCapture(event.pointerId);
  seek(under(event));
});
ruler.addEventListener("pointermove", (event) => ruler.hasPointerCapture(event.pointerId) && seek(under(event)));

let frames = null;
watch(["state"], () => {
  if (frames === null) whole();
  else if (frames !== film().frames) place(page.axis.from, Math.min(film().frames, page.axis.to - page.axis.from));
  frames = film().frames;
});
watch(["at"], () => page.state && follow());
watch(["state", "axis", "moment", "looked", "marks", "room"], draw);
watch(["state", "axis", "at", "room"], drawNeedle);
new ResizeObserver(() => change({ room: ruler.clientWidth })).observe(ruler);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => change({ room: ruler.clientWidth, size: page.size }));
