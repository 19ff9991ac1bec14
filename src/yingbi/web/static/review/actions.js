// What can be done, by the name that stands at a control in data-do. Keys ask for the same names.

import * as api from "./api.js";
import { reach } from "./card.js";
import { byId } from "./dom.js";
import * as draw from "./draw.js";
import { seek, toggle } from "./film.js";
import * as moments from "./moments.js";
import { change, chosen, editable, frameAt, lastFrame, page, personOf, timeOf } from "./page.js";
import { pick, reveal, step } from "./people.js";
import { quiet, say, trouble } from "./tell.js";
import * as timeline from "./timeline.js";
import { nameOf, word } from "./words.js";

const decide = (body) => editable() && api.post("decide", body);
const later = (seconds) => () => seek(frameAt(timeOf(page.at) + seconds));
const by = (frames) => () => seek(page.at + frames);

/** Mask or release the chosen people, as far as the scope reaches. */
async function judge(what) {
  const people = page.selected.map(personOf).filter(Boolean);
  for (const person of people) {
    const frames = reach(person);
    if (frames === null) continue;
    const { scope, at } = page;
    const where = { all: {}, stretch: { at }, moment: { from: frames[0], to: frames[1] } }[scope];
    await decide({ do: what, person: person.id, scope, ...where });
    acted(person, what);
  }
}

async function judgeWhole(what, person) {
  await decide({ do: what, person: person.id, scope: "all" });
  acted(person, what);
}

/** Who decides about somebody at a doubtful moment has looked at it. */
function acted(person, what) {
  if (!editable()) return;
  if (page.moment?.person === person.id) moments.done();
  say(word(`did.${what}`, { name: nameOf(person) }));
}

async function join() {
  const [one, other] = page.selected;
  if (other === undefined) return one === undefined ? undefined : change({ joining: one });
  change({ joining: null });
  await decide({ do: "join", people: [one, other] });
  change({ selected: [one, other].filter(personOf) });
}

async function split() {
  const person = chosen();
  if (!person || page.at <= person.from || page.at > person.to) return;
  await decide({ do: "split", person: person.id, at: page.at });
}

/** A drawn region begins or ends at now; where none is chosen, a time does. */
async function end(side) {
  const person = chosen();
  if (!person?.drawn) {
    const marks = { ...page.marks, [side]: page.at };
    const other = side === "from" ? "to" : "from";
    if (marks.from !== null && marks.to !== null && marks.from > marks.to) marks[other] = null;
    return change({ marks });
  }
  const ends = { from: person.from, to: person.to, [side]: page.at };
  if (ends.from <= ends.to) await trim({ person: person.id, ...ends });
}

async function trim({ person, from, to }) {
  try {
    await decide({ do: "trim", person, from, to });
  } finally {
    change({ trimming: null });
  }
}

async function range() {
  const { from, to } = page.marks;
  const ends = { from: from ?? 0, to: to ?? lastFrame() };
  if (await decide({ do: "range", ...ends }) !== false) change({ marks: { from: null, to: null } });
}

/** Choose a person; while another waits to be joined, the two are joined. */
export function choose(id, more = false) {
  if (page.joining === null || id === page.joining) return pick(id, more);
  if (id === null) return undefined;
  change({ selected: [page.joining, id] });
  return run("join");
}

const VIEWS = ["clear", "masked", "written", "compare"];
function view(name) {
  const input = document.querySelector(`input[name=view][value=${name}]`);
  if (input.disabled) return false;
  input.checked = true;
  change({ view: name });
  return true;
}

function nextView() {
  const here = VIEWS.indexOf(page.view);
  for (let step = 1; step <= VIEWS.length; step += 1) if (view(VIEWS[(here + step) % VIEWS.length])) return;
}

function never() {
  if (page.drawing) draw.cancel();
  else if (page.state.following?.state === "following") return api.post("stop");
  else change({ joining: null, marks: { from: null, to: null } });
  return undefined;
}

const scope = (name) => () => change({ scope: name });
const kindOf = (button) => button.dataset.kind;
const personAt = (button) => personOf(Number(button.closest("[data-person]").dataset.person));

const ACTIONS = {
  play: toggle,
  back: by(-1),
  on: by(1),
  "back-1s": later(-1),
  "on-1s": later(1),
  "back-10s": later(-10),
  "on-10s": later(10),
  first: () => seek(0),
  last: () => seek(lastFrame()),
  view: nextView,
  compare: () => view("compare"),
  boxes: () => byId("boxes").click(),
  "next-doubt": () => moments.next(),
  "last-doubt": () => moments.next(-1),
  moment: (button) => moments.jumpTo(button.dataset.moment),
  right: () => moments.right(),
  above: () => step(-1),
  below: () => step(1),
  pick: (button, event) => {
    const { id, from, to } = personAt(button);
    choose(id, event.ctrlKey || event.metaKey || event.shiftKey);
    if (page.at < from || page.at > to) seek(from);
  },
  "scope-all": scope("all"),
  "scope-stretch": scope("stretch"),
  "scope-moment": scope("moment"),
  mask: () => judge("mask"),
  release: () => judge("release"),
  "mask-whole": (button) => judgeWhole("mask", personAt(button)),
  "release-whole": (button) => judgeWhole("release", personAt(button)),
  "mask-kind": (button) => decide({ do: "mask", kind: kindOf(button) }),
  "release-kind": (button) => decide({ do: "release", kind: kindOf(button) }),
  split,
  join,
  draw: () => draw.begin("region"),
  finish: () => draw.finish(),
  "cancel-drawing": () => draw.cancel(),
  "zone-box": () => draw.begin("zone"),
  "zone-polygon": () => draw.begin("zone", "polygon"),
  unzone: (button) => decide({ do: "unzone", index: Number(button.dataset.index) }),
  "mark-from": () => change({ marks: { ...page.marks, from: page.at } }),
  "mark-to": () => change({ marks: { ...page.marks, to: page.at } }),
  range,
  unrange: (button) => decide({ do: "unrange", index: Number(button.dataset.index) }),
  "trim-from": () => end("from"),
  "trim-to": () => end("to"),
  remove: () => chosen()?.drawn && decide({ do: "remove", person: chosen().id }),
  undo: () => page.state.can_undo && editable() && api.post("undo"),
  redo: () => page.state.can_redo && editable() && api.post("redo"),
  render: () => !document.querySelector("[data-do=render]").disabled && api.post("render"),
  cancel: () => api.post("cancel"),
  stop: () => api.post("stop"),
  "zoom-in": () => timeline.zoom(0.6),
  "zoom-out": () => timeline.zoom(1 / 0.6),
  "zoom-whole": timeline.whole,
  earlier: () => timeline.pan(-0.25),
  later: () => timeline.pan(0.25),
  never,
  help: () => byId("help").showModal(),
  "close-help": () => byId("help").close(),
  quiet,
  "close-lost": () => change({ seenLost: page.state.following?.person ?? null }),
  retry: async () => {
    await api.refresh();
    quiet();
    change({ at: page.at });
  },
};

/** Do what has that name; what goes wrong is shown. */
export async function run(name, button = null, event = {}) {
  if (page.state === null && !["help", "close-help", "quiet", "retry"].includes(name)) return;
  try {
    await ACTIONS[name](button, event);
  } catch (error) {
    trouble(error);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button && ACTIONS[button.dataset.do]) run(button.dataset.do, button, event);
});
document.addEventListener("pick", ({ detail }) => {
  choose(detail.person, detail.more);
  if (detail.person !== null) reveal(detail.person);
});
document.addEventListener("trim", ({ detail }) => trim(detail).catch(trouble));
