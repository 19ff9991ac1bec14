// The chosen person: who it is, how it is shown, and for how long a decision holds.

import { chosen, editable, film, page, timeOf, inFilm, watch } from "./page.js";
import { byId, icon, part, write } from "./dom.js";
import { clock, count, kindsOf, nameOf, word } from "./words.js";

const card = byId("card");

/** Return the frames that a decision in the scope of now holds for. */
export function reach(person, scope = page.scope) {
  if (scope === "stretch") return stretchOf(person);
  if (scope === "moment") return momentOf(person);
  return [person.from, person.to];
}

const stretchOf = (person) => person.stretches.find(([from, to]) => from <= page.at && page.at <= to) ?? null;

/** Return what was marked, else the doubtful moment here, else half a second to both sides. */
function momentOf(person) {
  const { from, to } = page.marks;
  if (from !== null && to !== null) return [from, to];
  const { moment } = page;
  if (moment?.person === person.id && moment.from <= page.at && page.at <= moment.to) return [moment.from, moment.to];
  const half = Math.round(film().frames / Math.max(1e-9, film().duration_s) / 2);
  return [inFilm(page.at - half), inFilm(page.at + half)];
}

/** Return how a person is shown from one frame to another: masked, visible, or partly. */
function stateIn(person, [from, to]) {
  const pieces = person.pieces.filter((piece) => piece.state !== "held" && piece.from <= to && piece.to >= from);
  const states = new Set(pieces.map((piece) => piece.state));
  return states.size > 1 ? "partly" : [...states][0] ?? "masked";
}

function draw() {
  const person = chosen();
  byId("card-empty").hidden = Boolean(person);
  byId("card-body").hidden = !person;
  if (!person) return;
  write(byId("card-name"), nameOf(person));
  write(byId("card-kinds"), kindsOf(person));
  icon(byId("card-icon"), person.drawn ? "drawn" : person.state);
  write(byId("card-state"), word(`state.${person.state}`));
  byId("card-look").dataset.state = person.state;
  drawScopes(person);
  drawTools(person);
}

function drawScopes(person) {
  card.querySelector(".scopes").hidden = person.drawn;
  for (const scope of ["all", "stretch", "moment"]) {
    const input = card.querySelector(`input[value=${scope}]`);
    const frames = reach(person, scope);
    input.checked = page.scope === scope;
    input.disabled = frames === null;
    const times = frames && { from: clock(timeOf(frames[0])), to: clock(timeOf(frames[1] + 1)) };
    write(byId(`scope-${scope}`), times ? word("from.to", times) : word("not.here"));
  }
  const frames = reach(person);
  const state = frames ? stateIn(person, frames) : null;
  for (const [name, is] of [["mask", "masked"], ["release", "visible"]]) {
    const button = card.querySelector(`[data-do=${name}]`);
    button.hidden = person.drawn; // it was drawn to be masked: it is cut at its ends, or removed
    button.setAttribute("aria-pressed", state === is);
    button.disabled = !editable() || frames === null;
  }
}

function drawTools(person) {
  const several = page.selected.length > 1;
  byId("card-several").hidden = !several;
  write(byId("card-several"), several ? count("chosen", page.selected.length) : "");
  byId("card-partly").hidden = person.state !== "partly";
  byId("joining").hidden = page.joining === null;
  part(card, "drawn").hidden = !person.drawn;
  part(card, "found").hidden = person.drawn;
  const inside = person.from < page.at && page.at <= person.to;
  card.querySelector("[data-do=split]").disabled = !editable() || !inside;
  card.querySelector("[data-do=join]").disabled = !editable() || page.selected.length > 2;
  for (const name of ["trim-from", "trim-to", "remove"]) card.querySelector(`[data-do=${name}]`).disabled = !editable();
}

watch(["state", "selected", "scope", "at", "marks", "moment", "joining"], () => page.state && draw());
