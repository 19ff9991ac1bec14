// The rows of people: one for each, only those in sight are there, each with a bar of its time.

import { change, chosen, editable, inFilm, nobody, page, personOf, watch } from "./page.js";
import { byId, icon, made, part, write } from "./dom.js";
import { seek } from "./film.js";
import { across, hatch, sharp, under } from "./timeline.js";
import { sights } from "./overlay.js";
import { count, kindsOf, nameOf, word } from "./words.js";

const rows = byId("rows");
const list = byId("people");
const BEYOND = 3; // rows kept above and below those in sight
const GRIP = 10; // pixels within which an end of a drawn region is taken
let people = [];
const shown = new Map(); // number -> row

const SHOWN = {
  all: () => true,
  visible: (person) => person.state !== "masked",
  doubt: (person) => person.doubts > 0,
  drawn: (person) => person.drawn,
};

function choose() {
  const now = page.who === "here" ? new Set((sights() ?? []).map((one) => one.person)) : null;
  people = page.state.people.filter((person) => (now ? now.has(person.id) : SHOWN[page.who](person)));
  list.style.height = `${people.length * rowHeight()}px`;
  write(byId("people-count"), count("rows", people.length));
  byId("people-none").hidden = !nobody();
  byId("people-nobody-so").hidden = people.length > 0 || !page.state.people.length;
  draw();
}

/** Return the height of a row in pixels; the style gives it in heights of a letter. */
function rowHeight() {
  const style = getComputedStyle(list);
  return parseFloat(style.getPropertyValue("--row")) * parseFloat(style.fontSize);
}

let waiting = false;
let stale = false; // whether rows that are there have to be drawn again, not only put in their places
function draw() {
  stale = true;
  soon();
}

function soon() {
  if (waiting || !page.state) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    place();
    stale = false;
  });
}

function place() {
  const high = rowHeight();
  const first = Math.max(0, Math.floor(rows.scrollTop / high) - BEYOND);
  const last = Math.min(people.length, Math.ceil((rows.scrollTop + rows.clientHeight) / high) + BEYOND);
  const wanted = new Set(people.slice(first, last).map((person) => person.id));
  for (const [id, row] of shown) {
    if (wanted.has(id) || (row.contains(document.activeElement) && personOf(id))) continue;
    row.remove();
    shown.delete(id);
  }
  people.forEach((person, index) => {
    if (!wanted.has(person.id) && !shown.has(person.id)) return;
    const old = shown.get(person.id);
    if (old && !stale) return;
    const row = old ?? put(person);
    row.style.transform = `translateY(${index * high}px)`;
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", people.length);
    update(row, person);
  });
  inOrder();
}

function put(person) {
  const row = made("person-row");
  row.dataset.person = person.id;
  list.append(row);
  shown.set(person.id, row);
  return row;
}

/** Let the rows follow each other for the keys as they do for the eye. */
function inOrder() {
  const wanted = people.map((person) => shown.get(person.id)).filter(Boolean);
  wanted.forEach((row, index) => {
    if (list.children[index] !== row && !row.contains(document.activeElement)) list.insertBefore(row, list.children[index]);
  });
}

function update(row, person) {
  const picked = page.selected.includes(person.id);
  row.classList.toggle("picked", picked);
  const name = part(row, "pick");
  name.setAttribute("aria-pressed", picked);
  write(part(row, "name"), nameOf(person));
  write(part(row, "kinds"), kindsOf(person));
  write(part(row, "state"), word(`state.${person.state}`));
  icon(part(row, "state-icon"), person.drawn ? "drawn" : person.state);
  name.dataset.state = person.state;
  const doubts = part(row, "doubts");
  doubts.hidden = !person.doubts;
  write(part(row, "doubts-number"), String(person.doubts));
  write(part(row, "doubts-count"), person.doubts ? count("doubts", person.doubts) : "");
  const button = part(row, "act");
  const release = person.state === "masked";
  button.dataset.do = release ? "release-whole" : "mask-whole";
  button.hidden = person.drawn;
  button.disabled = !editable();
  icon(button, release ? "visible" : "masked");
  write(part(row, "act-word"), word(release ? "act.release" : "act.mask"));
  button.setAttribute("aria-label", word(release ? "act.release.name" : "act.mask.name", { name: nameOf(person) }));
  drawBar(part(row, "bar"), person);
}

function drawBar(canvas, person) {
  const { pen, width, height } = sharp(canvas);
  const style = getComputedStyle(list);
  const colour = (name) => style.getPropertyValue(`--see-${name}`);
  const ends = page.trimming?.person === person.id ? page.trimming : null;
  const pieces = ends ? [{ ...ends, state: "masked" }] : person.pieces;
  for (const { from, to, state } of pieces) {
    const x0 = Math.max(-2, across(from, width));
    const x1 = Math.min(width + 2, across(to + 1, width));
    if (x1 < 0 || x0 > width) continue;
    PIECES[state](pen, x0, Math.max(1.5, x1 - x0), height, colour);
  }
  if (person.drawn) drawEnds(pen, ends ?? person, width, height, colour("drawn"));
  drawJoints(pen, person.stretches, width, height, colour("paper"));
}

const PIECES = {
  masked: (pen, x, wide, height, colour) => {
    pen.fillStyle = colour("bar");
    pen.fillRect(x, height * 0.22, wide, height * 0.56);
  },
  visible: (pen, x, wide, height, colour) => {
    pen.fillStyle = colour("visible");
    pen.fillRect(x, height * 0.44, wide, height * 0.12);
    pen.globalAlpha = 0.16;
    pen.fillRect(x, height * 0.22, wide, height * 0.56);
    pen.globalAlpha = 1;
  },
  held: (pen, x, wide, height, colour) => {
    hatch(pen, x, height * 0.22, wide, height * 0.56, colour("doubt"));
    pen.strokeStyle = colour("doubt");
    pen.strokeRect(x + 0.5, height * 0.22 + 0.5, Math.max(0, wide - 1), height * 0.56 - 1);
  },
};

function drawEnds(pen, { from, to }, width, height, colour) {
  pen.fillStyle = colour;
  pen.fillRect(across(from, width) - 1, height * 0.12, 4, height * 0.76);
  pen.fillRect(across(to + 1, width) - 3, height * 0.12, 4, height * 0.76);
}

/** Cut the bar where the person could be mistaken for another: a stretch ends there. */
function drawJoints(pen, stretches, width, height, colour) {
  pen.fillStyle = colour;
  for (const [from] of stretches.slice(1)) pen.fillRect(Math.round(across(from, width)) - 1, 0, 2, height);
}

/** Choose a person; more: together with the one that is chosen already. */
export function pick(id, more = false) {
  const others = page.selected.filter((one) => one !== id);
  const joined = more && page.selected.includes(id) ? others : [...(more ? others : []), id];
  change({ selected: id === null ? [] : joined, scope: page.moment?.person === id ? page.scope : "all" });
}

/** Choose the person of the next row, or of the one before, and show the row. */
export function step(way) {
  const here = people.findIndex((person) => person.id === chosen()?.id);
  const index = Math.max(0, Math.min(people.length - 1, here + way));
  if (!people.length) return;
  const focused = document.activeElement?.closest("#people") !== null;
  pick(people[index].id);
  reveal(people[index].id);
  if (focused) requestAnimationFrame(() => requestAnimationFrame(() => part(shown.get(people[index].id) ?? list, "pick")?.focus()));
}

export function reveal(id) {
  const index = people.findIndex((person) => person.id === id);
  const high = rowHeight();
  const room = rows.clientHeight - list.offsetTop;
  if (index < 0) return;
  if (index * high < rows.scrollTop) rows.scrollTop = index * high;
  else if ((index + 1) * high > rows.scrollTop + room) rows.scrollTop = (index + 1) * high - room;
}

list.addEventListener("pointerdown", (event) => {
  const bar = event.target.closest("[data-part=bar]");
  if (!bar || event.button !== 0) return;
  const person = personOf(Number(bar.closest("[data-person]").dataset.person));
  const end = person.drawn && editable() ? gripped(event, bar, person) : null;
  if (end === null) {
    pick(person.id, event.ctrlKey || event.metaKey || event.shiftKey);
    return seek(under(event));
  }
  bar.setPointerCapture(event.pointerId);
  change({ selected: [person.id], trimming: { person: person.id, from: person.from, to: person.to, end } });
});

function gripped(event, bar, { from, to }) {
  const room = bar.getBoundingClientRect();
  const x = event.clientX - room.left;
  const [near, far] = [across(from, room.width), across(to + 1, room.width)].map((end) => Math.abs(end - x));
  if (Math.min(near, far) > GRIP) return null;
  return near < far ? "from" : "to";
}

list.addEventListener("pointermove", (event) => {
  if (!page.trimming) return;
  const { end, from, to } = page.trimming;
  const at = end === "from" ? Math.min(to, under(event)) : Math.max(from, under(event));
  change({ trimming: { ...page.trimming, [end]: inFilm(at) }, at: inFilm(at) });
});

list.addEventListener("pointerup", () => {
  if (page.trimming) list.dispatchEvent(new CustomEvent("trim", { bubbles: true, detail: page.trimming }));
});
list.addEventListener("pointercancel", () => change({ trimming: null }));

rows.addEventListener("scroll", soon, { passive: true });
new ResizeObserver(draw).observe(rows);
watch(["state", "who", "room"], () => page.state && choose());
watch(["shown", "regions"], () => page.state && page.who === "here" && choose());
watch(["axis", "selected", "trimming"], draw);
