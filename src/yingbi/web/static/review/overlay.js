// What is private in the frame that is to be seen, drawn over it: by colour, by line and by mark.

import { keyOf, film, page, watch } from "./page.js";
import { regionsOf } from "./regions.js";
import { nameOf, word } from "./words.js";

const canvas = document.getElementById("overlay");
const style = getComputedStyle(canvas);
const pen = canvas.getContext("2d");

/** Return the regions of the frame on show, each with what it is: drawn, doubt, visible or masked. */
export function sights(at = page.shown) {
  const frame = regionsOf(at);
  if (!frame) return null;
  const doubtful = new Set(
    page.state.moments.filter((one) => one.from <= at && at <= one.to && !page.looked.has(keyOf(one))).map((one) => one.person),
  );
  return frame.regions.map((region) => ({ ...region, is: lookOf(region, doubtful) }));
}

function lookOf(region, doubtful) {
  if (region.drawn) return "drawn";
  if (region.state === "visible") return "visible";
  return region.held || doubtful.has(region.person) ? "doubt" : "masked";
}

/** Return whom a point of the film shows, the smallest region first; null for nobody. */
export function personAt([x, y]) {
  const size = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
  const hit = (sights() ?? []).filter(({ box }) => box[0] <= x && x < box[2] && box[1] <= y && y < box[3]);
  return hit.sort((a, b) => size(a) - size(b))[0]?.person ?? null;
}

/** Return a pointer's place in pixels of the film. */
export function placeOf(event) {
  const room = canvas.getBoundingClientRect();
  return [((event.clientX - room.left) * film().width) / room.width, ((event.clientY - room.top) * film().height) / room.height];
}

let waiting = false;
function draw() {
  if (waiting || !page.state) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    paint();
  });
}

function paint() {
  const room = canvas.getBoundingClientRect();
  const dots = devicePixelRatio;
  const [width, height] = [Math.round(room.width * dots), Math.round(room.height * dots)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  else pen.clearRect(0, 0, width, height);
  const scale = width / film().width;
  const unit = dots * Math.max(1, Math.min(1.6, room.width / 1100));
  const plain = page.view === "written" || page.view === "compare" || !page.boxes;
  if (!plain) {
    for (const zone of page.state.zones) outline(zone, unit);
    const seen = sights() ?? [];
    for (const sight of seen) mark(sight, scale, unit);
    labels(seen, scale, unit);
  }
  if (page.drawing) sketch(page.drawing, scale, unit);
}

const colour = (name) => style.getPropertyValue(`--see-${name}`);

function mark(sight, scale, unit) {
  const [x0, y0, x1, y1] = sight.box.map((side) => side * scale);
  const chosen = page.selected.includes(sight.person);
  if (sight.state === "masked" && page.view === "clear") {
    pen.fillStyle = colour("tint");
    pen.fillRect(x0, y0, x1 - x0, y1 - y0);
  }
  const dash = { doubt: [6 * unit, 4 * unit], drawn: [12 * unit, 3 * unit] }[sight.is] ?? [];
  frame(() => pen.rect(x0, y0, x1 - x0, y1 - y0), colour(sight.is), dash, (chosen ? 3.5 : 2) * unit);
}

/** Write one number for each person, where there is room: in a crowd the film matters more than numbers. */
function labels(seen, scale, unit) {
  const isChosen = ({ person }) => page.selected.includes(person);
  const taken = [];
  const written = new Set();
  for (const sight of [...seen].sort((a, b) => isChosen(b) - isChosen(a) || a.box[1] - b.box[1])) {
    if (sight.person === null || written.has(sight.person)) continue;
    const place = placeFor(sight, scale, unit, taken) ?? (isChosen(sight) ? placeFor(sight, scale, unit, []) : null);
    if (place === null) continue;
    taken.push(place);
    written.add(sight.person);
    label(sight, place, unit, isChosen(sight));
  }
}

/** Return a label's [left, top, width, height] above the box, below it or in it; null where all are taken. */
function placeFor({ person, box }, scale, unit, taken) {
  const [x0, y0, , y1] = box.map((side) => side * scale);
  const size = 13 * unit;
  pen.font = `600 ${size}px ${style.fontFamily}`;
  const [wide, high] = [pen.measureText(String(person)).width + size * 1.95, size * 1.5];
  const left = Math.max(0, Math.min(x0, canvas.width - wide));
  const meets = (top, [x, y, w, h]) => left < x + w && x < left + wide && top < y + h && y < top + high;
  const free = (top) => top >= 0 && top + high <= canvas.height && !taken.some((other) => meets(top, other));
  const top = [y0 - high, y1, Math.max(0, y0)].find(free);
  return top === undefined ? null : [left, top, wide, high];
}

/** Stroke a shape in a colour, on a dark line that shows it on bright film as well. */
function frame(shape, stroke, dash, width) {
  pen.beginPath();
  shape();
  pen.setLineDash([]);
  pen.lineWidth = width + devicePixelRatio * 1.6;
  pen.strokeStyle = colour("shade");
  pen.stroke();
  pen.setLineDash(dash);
  pen.lineWidth = width;
  pen.strokeStyle = stroke;
  pen.stroke();
  pen.setLineDash([]);
}

function label({ person, is }, [left, top, wide, high], unit, chosen) {
  pen.fillStyle = chosen ? colour(is) : colour("chip");
  pen.fillRect(left, top, wide, high);
  pen.fillStyle = chosen ? colour("on") : colour(is);
  sign(is, left + high / 2, top + high / 2, high * 0.28);
  pen.fillStyle = chosen ? colour("on") : colour("number");
  pen.textBaseline = "middle";
  pen.fillText(String(person), left + high, top + high / 2 + unit * 0.5);
}

/** Draw the mark of a look in a circle of that radius, in the colour that is set. */
function sign(look, x, y, r) {
  pen.save();
  pen.translate(x, y);
  pen.scale(r, r);
  pen.strokeStyle = pen.fillStyle;
  pen.lineWidth = 0.28;
  pen.beginPath();
  SIGNS[look]();
  pen.restore();
}

const SIGNS = {
  masked: () => pen.fillRect(-0.85, -0.85, 1.7, 1.7),
  visible: () => {
    pen.moveTo(-1.15, 0);
    pen.quadraticCurveTo(0, -1.35, 1.15, 0);
    pen.quadraticCurveTo(0, 1.35, -1.15, 0);
    pen.stroke();
    pen.beginPath();
    pen.arc(0, 0, 0.36, 0, 7);
    pen.fill();
  },
  doubt: () => {
    pen.moveTo(-0.5, -0.4);
    pen.bezierCurveTo(-0.5, -1.25, 0.7, -1.2, 0.55, -0.35);
    pen.bezierCurveTo(0.45, 0, 0, 0, 0, 0.4);
    pen.stroke();
    pen.fillRect(-0.17, 0.7, 0.34, 0.34);
  },
  drawn: () => {
    pen.moveTo(-0.9, 0.9);
    pen.lineTo(-0.7, 0.2);
    pen.lineTo(0.5, -1);
    pen.lineTo(1, -0.5);
    pen.lineTo(-0.2, 0.7);
    pen.closePath();
    pen.stroke();
  },
};

function outline(zone, unit) {
  const points = zone.points.map(([x, y]) => [x * canvas.width, y * canvas.height]);
  frame(() => trace(points, true), colour(zone.do === "mask" ? "masked" : "ignored"), [2 * unit, 4 * unit], 1.5 * unit);
  const [x, y] = points.reduce((a, b) => (b[1] > a[1] ? b : a));
  pen.font = `500 ${12 * unit}px ${style.fontFamily}`;
  const text = word(`zone.${zone.do}`, { name: zone.name });
  const wide = pen.measureText(text).width + 8 * unit;
  const left = Math.max(0, Math.min(x, canvas.width - wide));
  const bottom = Math.min(y, canvas.height);
  pen.fillStyle = colour("chip");
  pen.fillRect(left, bottom - 18 * unit, wide, 18 * unit);
  pen.fillStyle = colour("number");
  pen.textBaseline = "middle";
  pen.fillText(text, left + 4 * unit, bottom - 9 * unit);
}

function trace(points, closed) {
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (closed) pen.closePath();
}

function sketch(drawing, scale, unit) {
  const points = drawing.points.map(([x, y]) => [x * scale, y * scale]);
  const shape = drawing.form === "box" ? corners(points) : points;
  if (shape.length > 1) frame(() => trace(shape, drawing.form === "box"), colour("drawn"), [], 2.5 * unit);
  if (drawing.form === "box") return;
  pen.fillStyle = colour("drawn");
  for (const [x, y] of points) pen.fillRect(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit);
  const [x, y] = drawing.cursor.map((side) => side * scale);
  frame(() => trace([[x - 9 * unit, y], [x + 9 * unit, y]]) ?? trace([[x, y - 9 * unit], [x, y + 9 * unit]]), colour("drawn"), [], 2 * unit);
}

const corners = ([[x0, y0], [x1, y1]]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

/** Say in one line what is to be seen in the frame: who is masked, who is not, what is in doubt. */
export function account(at) {
  const seen = sights(at);
  if (!seen) return null;
  const looks = new Map();
  for (const { person, is, state } of seen) looks.set(person, [...(looks.get(person) ?? []), is === "drawn" ? state : is]);
  const people = page.state.people.filter(({ id }) => looks.has(id));
  const only = (look) => people.filter(({ id }) => looks.get(id).every((one) => one === look));
  const visible = people.filter(({ id }) => looks.get(id).includes("visible"));
  const doubtful = people.filter((one) => !visible.includes(one) && looks.get(one.id).includes("doubt"));
  return { masked: only("masked"), visible: visible.map(nameOf), doubtful };
}

watch(["state", "shown", "view", "boxes", "selected", "size", "drawing", "regions", "looked"], draw);
