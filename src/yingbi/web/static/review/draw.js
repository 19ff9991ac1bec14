// Drawing over the film: what was missed, and places; with a pointer or with the keys.

import * as api from "./api.js";
import { change, editable, film, page } from "./page.js";
import { personAt, placeOf } from "./overlay.js";
import { stop } from "./film.js";
import { reveal } from "./people.js";
import { say, trouble } from "./tell.js";
import { percent, word } from "./words.js";

const canvas = document.getElementById("overlay");
const SMALLEST = 4; // pixels of the film
const FAR = 5; // pixels of the screen from which on a press is a stroke
let press = null; // { pointer, from, place } while a button or a finger is down

/** Begin to draw: what was missed as a box, a place as a box or a polygon. */
export function begin(what, form = "box") {
  if (!editable()) return;
  stop();
  const { width, height } = film();
  const points = form === "box" ? [[0.4 * width, 0.35 * height], [0.6 * width, 0.65 * height]] : [];
  change({ drawing: { what, form, points, cursor: [width / 2, height / 2] }, boxes: true });
  canvas.focus();
}

export function cancel() {
  press = null;
  change({ drawing: null });
}

/** Send what was drawn: a box is followed through the film, a place holds for all of it. */
export async function finish() {
  const drawing = page.drawing;
  if (!drawing || !isWhole(drawing)) return;
  change({ drawing: null });
  try {
    if (drawing.what === "zone") await api.post("decide", { do: "zone", zone: zoneOf(drawing) });
    else await follow(boxOf(drawing.points));
  } catch (error) {
    trouble(error);
  }
}

async function follow(box) {
  await api.post("draw", { at: page.shown, box });
  const person = page.state.following?.person;
  if (person === undefined) return;
  change({ selected: [person] });
  reveal(person);
}

function isWhole({ form, points }) {
  if (form === "polygon") return points.length >= 3;
  const [x0, y0, x1, y1] = boxOf(points);
  return x1 - x0 >= SMALLEST && y1 - y0 >= SMALLEST;
}

function boxOf([[ax, ay], [bx, by]]) {
  const { width, height } = film();
  const inside = (side, most) => Math.round(Math.max(0, Math.min(most, side)));
  const [x0, x1] = [inside(Math.min(ax, bx), width), inside(Math.max(ax, bx), width)];
  const [y0, y1] = [inside(Math.min(ay, by), height), inside(Math.max(ay, by), height)];
  return [x0, y0, x1, y1];
}

function zoneOf({ form, points }) {
  const [x0, y0, x1, y1] = form === "box" ? boxOf(points) : [];
  const corners = form === "box" ? [[x0, y0], [x1, y0], [x1, y1], [x0, y1]] : points;
  const share = (side, whole) => Math.max(0, Math.min(1, side / whole));
  const name = document.getElementById("zone-name").value.trim();
  return {
    name: name || word("zone.name", { n: page.state.zones.length + 1 }),
    do: document.querySelector("input[name=zone-do]:checked").value,
    points: corners.map(([x, y]) => [share(x, film().width), share(y, film().height)]),
  };
}

/** Take a key while something is drawn; return whether it was meant for that. */
export function key(event) {
  const drawing = page.drawing;
  const pressed = event.target.matches("button") && [" ", "Enter"].includes(event.key);
  if (!drawing || pressed) return false;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (way) move(drawing, way, event);
  else if (event.key === "Enter") finish();
  else if (event.key === "Escape") cancel();
  else if (event.key === " " && drawing.form === "polygon") add(drawing, drawing.cursor);
  else if (event.key === "Backspace" && drawing.form === "polygon") change({ drawing: { ...drawing, points: drawing.points.slice(0, -1) } });
  else return false;
  return true;
}

function move(drawing, [right, down], { shiftKey, ctrlKey }) {
  const step = ctrlKey ? 1 : Math.max(1, Math.round(film().height / 60));
  const shift = ([x, y]) => [x + right * step, y + down * step];
  if (drawing.form === "polygon") change({ drawing: { ...drawing, cursor: shift(drawing.cursor) } });
  else {
    const [from, to] = drawing.points;
    change({ drawing: { ...drawing, points: [shiftKey ? from : shift(from), shift(to)] } });
  }
  tellPlace();
}

function tellPlace() {
  const { form, points, cursor } = page.drawing;
  const { width, height } = film();
  const [x0, y0, x1, y1] = form === "box" ? boxOf(points) : [...cursor, ...cursor];
  const facts = { x: percent(x0, width), y: percent(y0, height), width: percent(x1 - x0, width), height: percent(y1 - y0, height) };
  clearTimeout(tellPlace.later);
  tellPlace.later = setTimeout(() => say(word(`place.${form}`, facts)), 400);
}

function add(drawing, place) {
  const last = drawing.points.at(-1);
  if (last && Math.hypot(last[0] - place[0], last[1] - place[1]) < SMALLEST) return; // the second of two clicks
  const points = [...drawing.points, place.map(Math.round)];
  change({ drawing: { ...drawing, points, cursor: place } });
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !page.state) return;
  press = { pointer: event.pointerId, from: [event.clientX, event.clientY], place: placeOf(event), stroke: false };
});

canvas.addEventListener("pointermove", (event) => {
  if (press?.pointer !== event.pointerId) return;
  const far = Math.hypot(event.clientX - press.from[0], event.clientY - press.from[1]) >= FAR;
  const free = page.drawing || event.pointerType !== "touch"; // a finger scrolls until drawing was asked for
  if (page.drawing?.form === "polygon" || !free || !editable() || (!far && !press.stroke)) return;
  if (!press.stroke) startStroke();
  change({ drawing: { ...page.drawing, points: [press.place, placeOf(event)] } });
});

function startStroke() {
  stop();
  press.stroke = true;
  canvas.setPointerCapture(press.pointer);
  if (!page.drawing) change({ drawing: { what: "region", form: "box", points: [press.place, press.place], stroke: true } });
}

canvas.addEventListener("pointerup", (event) => {
  if (press?.pointer !== event.pointerId) return;
  const { stroke, place } = press;
  press = null;
  if (stroke) return isWhole(page.drawing) ? finish() : cancel();
  if (page.drawing?.form === "polygon") add(page.drawing, place);
  else if (!page.drawing) pick(personAt(place), event);
});

function pick(person, { ctrlKey, metaKey, shiftKey }) {
  const detail = { person, more: ctrlKey || metaKey || shiftKey };
  canvas.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail }));
}

canvas.addEventListener("dblclick", () => page.drawing?.form === "polygon" && finish());
canvas.addEventListener("pointercancel", () => {
  if (press?.stroke) cancel();
  press = null;
});
