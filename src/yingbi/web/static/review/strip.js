// What goes on by itself: looking for people, following what was drawn, writing the copy.

import { page, timeOf, watch } from "./page.js";
import { byId, write } from "./dom.js";
import { left } from "./moments.js";
import { clock, count, percent, span, word } from "./words.js";

function drawLooking({ looking, problem }) {
  byId("problem-strip").hidden = !problem;
  write(byId("problem-line"), problem ?? "");
  byId("looking").hidden = !looking;
  if (!looking) return;
  const { done, total, seconds_left } = looking;
  write(byId("looking-line"), word("looking", { percent: percent(done, total), rest: rest(seconds_left) }));
  bar("looking-bar", done, total);
}

const rest = (seconds_left) => (typeof seconds_left === "number" ? word("about.left", { time: span(seconds_left) }) : "");

function drawFollowing({ following }) {
  byId("following").hidden = following?.state !== "following";
  if (following?.state === "following") {
    write(byId("following-line"), word("following", timesOf(following)));
  }
  const lost = following?.state === "lost" && following.person !== page.seenLost;
  byId("lost").hidden = !lost;
  if (lost) write(byId("lost-line"), word("lost.at", timesOf(following)));
}

const timesOf = ({ from, to }) => ({ from: clock(timeOf(from)), to: clock(timeOf(to + 1)) });

function drawRender({ render }) {
  const state = render?.state ?? "none";
  byId("writing").hidden = state !== "working";
  byId("written").hidden = state !== "done";
  byId("unwritten").hidden = state !== "failed" && state !== "cancelled";
  document.querySelector("[data-do=render]").disabled = state === "working" || page.state.looking !== null;
  const written = byId("view-written");
  for (const input of [written, byId("view-compare")]) input.disabled = state !== "done";
  if (state === "working") drawWriting(render);
  if (state === "done") drawWritten(render);
  if (state === "failed") write(byId("unwritten-line"), render.error ?? word("failed"));
  if (state === "cancelled") write(byId("unwritten-line"), word("cancelled"));
}

function drawWriting({ done, total, seconds_left }) {
  write(byId("writing-line"), word("writing", { percent: percent(done, total), rest: rest(seconds_left) }));
  bar("writing-bar", done, total);
}

function drawWritten({ output, folder, report, people_visible: visible, moments }) {
  write(byId("written-name"), output);
  write(byId("written-folder"), folder ? word("folder", { folder }) : "");
  write(byId("written-report"), report ? word("report", { name: report }) : "");
  write(byId("written-visible"), visible ? count("people.visible", visible) : word("nobody.visible"));
  const open = Math.max(0, moments - (page.state.moments.length - left().length));
  write(byId("written-moments"), open ? count("moments.open", open) : word("moments.closed"));
}

function bar(name, done, total) {
  Object.assign(byId(name), { max: Math.max(1, total), value: done });
}

function drawSaved({ saved, can_undo, can_redo, looking }) {
  write(byId("saved"), word(saved ? "saved" : "saving"));
  document.querySelector("[data-do=undo]").disabled = !can_undo || looking !== null;
  document.querySelector("[data-do=redo]").disabled = !can_redo || looking !== null;
}

watch(["state", "looked", "seenLost"], () => {
  if (!page.state) return;
  for (const show of [drawLooking, drawFollowing, drawRender, drawSaved]) show(page.state);
});

/** Return whether something goes on by itself, so that it is worth asking again soon. */
export const isBusy = ({ looking, following, render, saved }) =>
  looking !== null || following?.state === "following" || render?.state === "working" || !saved;
