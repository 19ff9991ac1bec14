// "Look here first": the doubtful moments, the most doubtful first.

import { change, editable, keyOf, page, personOf, timeOf, watch } from "./page.js";
import { byId, icon, keep, made, part, write } from "./dom.js";
import { seek } from "./film.js";
import { reveal } from "./people.js";
import { close } from "./timeline.js";
import { clock, count, isPerson, nameOf, word } from "./words.js";

const list = byId("moments");

const isDone = (moment) => page.looked.has(keyOf(moment));
export const left = () => page.state.moments.filter((moment) => !isDone(moment));

/** Show a moment: its frame, its person, its place in time. */
function jump(moment) {
  if (!moment) return;
  seek(moment.at);
  const known = personOf(moment.person) !== undefined;
  change({ moment, scope: known ? "moment" : page.scope, selected: known ? [moment.person] : [] });
  if (moment.at < page.axis.from || moment.at >= page.axis.to) close(moment.from, moment.to);
  if (known) reveal(moment.person);
  byKey(moment)?.scrollIntoView({ block: "nearest" });
}

const byKey = (moment) => list.querySelector(`[data-key="${CSS.escape(keyOf(moment))}"]`);

export const jumpTo = (key) => jump(page.state.moments.find((moment) => keyOf(moment) === key));

/** Go to the next moment that was not looked at, or back to the one before. */
export function next(way = 1) {
  const { moments } = page.state;
  const n = moments.length;
  const here = page.moment ? moments.findIndex((one) => keyOf(one) === keyOf(page.moment)) : -1;
  const start = here < 0 && way < 0 ? 0 : here;
  const order = moments.map((_, step) => moments[(start + way * (step + 1) + 2 * n) % n]);
  jump(order.find((one) => !isDone(one)));
}

/** Note that the moment was looked at. */
export function done(moment = page.moment) {
  if (!moment) return;
  change({ looked: new Set([...page.looked, keyOf(moment)]) });
}

/** The moment was right as it is: on to the next. */
export function right() {
  if (!page.moment) return;
  done();
  next();
}

function draw() {
  if (!page.state) return;
  const { moments, people, problem } = page.state;
  const open = left().length;
  keep(list, moments, keyOf, () => made("moment-row"), update);
  write(byId("moments-left"), moments.length ? count("left", open) : "");
  byId("moments-none").hidden = moments.length > 0 || !editable() || Boolean(problem);
  byId("moments-all").hidden = !moments.length || open > 0;
  const more = people.reduce((sum, person) => sum + person.doubts, 0) - moments.length;
  write(byId("moments-all"), word(more > 0 ? "looked.listed" : "looked.all", { n: moments.length, more }));
  byId("moment-bar").hidden = !page.moment;
  for (const button of document.querySelectorAll("[data-needs=moments]")) button.disabled = !open;
}

function update(row, moment) {
  const here = page.moment !== null && keyOf(moment) === keyOf(page.moment);
  const person = personOf(moment.person);
  const name = person ? nameOf(person) : word(`kind.${moment.kind}`);
  const finished = isDone(moment);
  row.classList.toggle("done", finished);
  const button = row.firstElementChild;
  button.dataset.moment = keyOf(moment);
  if (here) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  write(part(row, "time"), clock(timeOf(moment.from)));
  write(part(row, "name"), name);
  write(part(row, "kind"), person && isPerson(person) ? word(`kind.${moment.kind}`) : "");
  write(part(row, "why"), word(`doubt.${moment.doubt}`));
  icon(part(row, "mark"), finished ? "done" : "doubt");
  part(row, "looked").hidden = !finished;
}

list.addEventListener("keydown", (event) => {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest("li");
  if (!way || !row) return;
  event.preventDefault();
  event.stopPropagation();
  (way > 0 ? row.nextElementSibling : row.previousElementSibling)?.firstElementChild.focus();
});

watch(["state", "moment", "looked"], draw);
