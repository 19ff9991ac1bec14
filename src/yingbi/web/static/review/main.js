// Begins: asks the server for the state, and again while something goes on by itself.

import "./account.js";
import "./card.js";
import "./draw.js";
import "./keys.js";
import "./looked.js";
import "./panels.js";
import * as api from "./api.js";
import { byId, write } from "./dom.js";
import { change, editable, film, keyOf, page, watch } from "./page.js";
import { found, trouble } from "./tell.js";
import { isBusy } from "./strip.js";
import { word } from "./words.js";

const SOON_MS = 700;
const LOST_MS = 3000;

async function ask() {
  try {
    await api.refresh();
    if (page.lost) change({ at: page.at }); // what is wanted since then is asked for again
    found();
  } catch (error) {
    trouble(error);
  }
  wait();
}

let waiting = null;
function wait() {
  clearTimeout(waiting);
  if (page.lost) waiting = setTimeout(ask, LOST_MS);
  else if (page.state && isBusy(page.state)) waiting = setTimeout(ask, SOON_MS);
}

watch(["state"], () => {
  write(byId("film-name"), film().name);
  for (const control of document.querySelectorAll("[data-edit]")) control.disabled = !editable();
  wait();
});

/** What was chosen may be gone after a change: split, joined, removed or taken back. */
watch(["state"], () => {
  const { people, moments } = page.state;
  const there = page.selected.filter((id) => people.some((person) => person.id === id));
  if (there.length !== page.selected.length) change({ selected: there });
  if (page.moment && !moments.some((one) => keyOf(one) === keyOf(page.moment))) change({ moment: null });
});

watch(["drawing"], () => {
  const { drawing } = page;
  const bar = byId("drawing");
  bar.hidden = !drawing || drawing.stroke;
  byId("stage").toggleAttribute("data-drawing", Boolean(drawing));
  if (!drawing) return;
  write(byId("drawing-line"), word(drawing.what === "zone" ? `draw.zone.${drawing.form}` : "draw.region"));
  write(byId("finish-word"), word(`finish.${drawing.what}`));
});

watch(["view"], () => {
  for (const name of ["seam", "seam-label"]) byId(name).hidden = page.view !== "compare";
});

const seam = byId("seam-at");
function cut() {
  byId("film-after").style.clipPath = `inset(0 0 0 ${seam.value}%)`;
  byId("seam").style.left = `${seam.value}%`;
}
seam.addEventListener("input", cut);
cut();

// A control of the page changes what it says.
const on = (selector, call) => {
  for (const control of document.querySelectorAll(selector)) control.addEventListener("change", () => call(control));
};
on("input[name=view]", ({ value }) => change({ view: value }));
on("input[name=scope]", ({ value }) => change({ scope: value }));
on("#boxes", ({ checked }) => change({ boxes: checked }));
on("#speed", ({ value }) => change({ speed: Number(value) }));
on("#who", ({ value }) => change({ who: value }));
for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
watch(["boxes"], () => (byId("boxes").checked = page.boxes));
watch(["view", "state"], () => {
  const input = document.querySelector(`input[name=view][value=${page.view}]`);
  if (!input.disabled) return;
  document.querySelector("input[name=view][value=clear]").checked = true;
  change({ view: "clear" });
});

watch(["lost"], wait);
ask();
