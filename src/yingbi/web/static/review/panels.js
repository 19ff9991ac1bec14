// The side's other lists: kinds, places and times.

import { change, editable, frameAt, page, timeOf, watch } from "./page.js";
import { byId, icon, keep, made, part, write } from "./dom.js";
import { clock, count, seconds, word } from "./words.js";

function drawKinds() {
  keep(byId("kinds"), page.state.kinds, (kind) => kind.kind, () => made("kind-row"), (row, { kind, count: n, state }) => {
    const name = word(`kinds.${kind}`);
    write(part(row, "name"), name);
    write(part(row, "count"), count("found", n));
    write(part(row, "state"), word(`state.${state}`));
    icon(part(row, "icon"), state);
    for (const [does, is] of [["mask", "masked"], ["release", "visible"]]) {
      const button = row.querySelector(`[data-do=${does}-kind]`);
      button.dataset.kind = kind;
      button.setAttribute("aria-pressed", state === is);
      button.setAttribute("aria-label", word(`act.${does}.name`, { name }));
      button.disabled = !editable();
    }
  });
}

function drawZones() {
  const { zones } = page.state;
  byId("zones-none").hidden = zones.length > 0;
  keep(byId("zones"), zones, (_, index) => index, () => made("zone-row"), (row, zone, index) => {
    write(part(row, "name"), zone.name);
    write(part(row, "what"), word(`zone.what.${zone.do}`));
    icon(part(row, "icon"), zone.do === "mask" ? "masked" : "ignore");
    removable(row, "unzone", index, zone.name);
  });
}

function drawRanges() {
  const { ranges } = page.state;
  byId("ranges-none").hidden = ranges.length > 0;
  byId("ranges-some").hidden = !ranges.length;
  keep(byId("ranges"), ranges, (_, index) => index, () => made("range-row"), (row, range, index) => {
    const to = range.to_s === null ? word("the.end") : clock(range.to_s);
    const text = word("from.to", { from: clock(range.from_s), to });
    write(part(row, "times"), text);
    removable(row, "unrange", index, text);
  });
}

function removable(row, name, index, what) {
  const button = row.querySelector(`[data-do=${name}]`);
  button.dataset.index = index;
  button.setAttribute("aria-label", word("act.remove.name", { name: what }));
  button.disabled = !editable();
}

/** What is marked on the ruler stands in the two fields as well, and the other way round. */
function drawMarks() {
  for (const end of ["from", "to"]) {
    const field = byId(`mark-${end}`);
    const at = page.marks[end];
    if (field !== document.activeElement) field.value = at === null ? "" : clock(timeOf(at + (end === "to" ? 1 : 0)));
  }
}

for (const end of ["from", "to"]) {
  byId(`mark-${end}`).addEventListener("change", ({ target }) => {
    const time_s = seconds(target.value);
    if (target.value !== "" && time_s === null) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
    const at = time_s === null ? null : frameAt(time_s) - (end === "to" ? 1 : 0);
    change({ marks: { ...page.marks, [end]: at === null ? null : Math.max(0, at) } });
  });
}

watch(["state"], () => {
  drawKinds();
  drawZones();
  drawRanges();
});
watch(["marks", "state"], () => page.state && drawMarks());
