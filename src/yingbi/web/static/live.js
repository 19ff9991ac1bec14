"use strict";
// Draws who is there as stick figures, and lists what happens. Only numbers and words arrive here.

const PAUSE_MS = 60;
const CALM_MS = 500; // for whoever asked for less motion
const LOST_MS = 2000;
const SHOWN_EVENTS = 200;
const SHOWN_ALARMS = 5;
const HEAD = [0, 1, 2, 3, 4];
const SHOULDERS = [5, 6];

const byId = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const words = Object.fromEntries(
  [...byId("words").content.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]),
);
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
const colour = (rgb) => `rgb(${rgb.join(" ")})`;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

let scene = null;
let version = 0;
let since = 0;
let stopped = false;
let last = null;
const alarms = new Map();

async function asked(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

// --- the floor

function say(id, text) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

function path(pen, points, width, height) {
  pen.beginPath();
  points.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](x * width, y * height));
}

function label(pen, text, x, y, size) {
  pen.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "center";
  const half = pen.measureText(text).width / 2 + size * 0.4;
  const middle = Math.min(Math.max(x, half), pen.canvas.width - half);
  const foot = Math.max(y, size * 1.4);
  pen.fillStyle = "rgb(16 20 22 / .75)";
  pen.fillRect(middle - half, foot - size * 1.1, 2 * half, size * 1.5);
  pen.fillStyle = "#fff";
  pen.fillText(text, middle, foot);
}

function drawRoom(pen, width, height) {
  pen.fillStyle = colour(scene.wall);
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = colour(scene.floor);
  pen.fillRect(0, height * scene.horizon, width, height);
  pen.lineWidth = Math.max(2, height / 240);
  pen.strokeStyle = "rgb(255 255 255 / .55)";
  for (const area of scene.areas) {
    path(pen, area.points, width, height);
    pen.closePath();
    pen.fillStyle = "rgb(255 255 255 / .08)";
    pen.fill();
    pen.stroke();
  }
  pen.setLineDash([height / 40, height / 60]);
  for (const line of scene.lines) {
    path(pen, line.points, width, height);
    pen.stroke();
  }
  pen.setLineDash([]);
  for (const place of [...scene.areas, ...scene.lines]) {
    const [x, y] = place.points[0];
    label(pen, place.name, x * width, y * height - 4, Math.max(11, height / 34));
  }
}

function drawFigure(pen, one, width, height) {
  const at = one.points.map(([x, y, score]) => (score >= scene.sure ? [x * width, y * height] : null));
  const thick = Math.max(3, height / 90);
  pen.strokeStyle = pen.fillStyle = colour(scene.colours[one.number % scene.colours.length]);
  pen.lineWidth = thick;
  pen.lineCap = "round";
  const stroke = (a, b) => { pen.beginPath(); pen.moveTo(...a); pen.lineTo(...b); pen.stroke(); };
  for (const [a, b] of scene.limbs) if (at[a] && at[b]) stroke(at[a], at[b]);
  const middle = (numbers) => {
    const known = numbers.map((n) => at[n]).filter(Boolean);
    return known.length ? [0, 1].map((axis) => known.reduce((sum, p) => sum + p[axis], 0) / known.length) : null;
  };
  const head = middle(HEAD);
  const neck = middle(SHOULDERS);
  const sure = at.filter(Boolean);
  if (!sure.length) return;
  let top = Math.min(...sure.map((p) => p[1]));
  if (head) {
    const known = HEAD.map((n) => at[n]).filter(Boolean);
    const spread = Math.max(...[0, 1].map((axis) => Math.max(...known.map((p) => p[axis])) - Math.min(...known.map((p) => p[axis])))) * 0.7;
    const away = neck ? Math.hypot(neck[0] - head[0], neck[1] - head[1]) * 0.45 : 0;
    const radius = Math.max(4, spread, away);
    if (neck) stroke(head, neck);
    pen.beginPath();
    pen.arc(...head, radius, 0, 7);
    pen.fill();
    top = Math.min(top, head[1] - radius);
  }
  const text = one.doing ? fill(words.person, one) : one.name;
  label(pen, text, (head ?? sure[0])[0], top - thick * 2, Math.max(12, height / 28));
}

function draw(figures, size) {
  const canvas = byId("floor");
  const sharp = Math.min(2, devicePixelRatio || 1);
  const width = Math.round(Math.min(1280, canvas.clientWidth || 640) * sharp);
  const height = Math.round((width * size[1]) / size[0]);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  drawRoom(pen, width, height);
  for (const one of figures) if (one.points) drawFigure(pen, one, width, height);
  canvas.dataset.drawn = figures.filter((one) => one.points).length;
}

// --- the lists

function row(parts, loud) {
  const item = document.createElement("li");
  item.classList.toggle("loud", loud);
  item.append(...parts);
  return item;
}

function tag(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

let listed = "";
function showPeople(figures) {
  const now = JSON.stringify(figures.map((one) => [one.name, one.doing]));
  if (now === listed) return;
  listed = now;
  byId("who").replaceChildren(...figures.map((one) => {
    const dot = document.createElement("i");
    dot.style.background = colour(scene.colours[one.number % scene.colours.length]);
    return row([dot, tag("span", one.doing ? fill(words.person, one) : one.name)], one.down);
  }));
  byId("nobody").hidden = figures.length > 0;
}

// The newest stand first, by when they happened: what takes longer to be sure of is told later.
function showEvents(events) {
  const list = byId("events");
  for (const one of events) {
    const item = row([tag("time", one.time), tag("span", one.words)], one.alarm);
    item.dataset.at = one.at;
    list.insertBefore(item, [...list.children].find((other) => Number(other.dataset.at) <= one.at) ?? null);
    if (one.alarm) {
      alarms.delete(one.words);
      alarms.set(one.words, one);
    }
    since = Math.max(since, one.number);
  }
  if (events.some((one) => one.alarm)) showAlarms();
  while (list.childElementCount > SHOWN_EVENTS) list.lastElementChild.remove();
  byId("nothing").hidden = list.childElementCount > 0;
}

// One line for each of the newest, so that a second fall does not hide the first.
function showAlarms() {
  const newest = [...alarms.values()].sort((a, b) => b.at - a.at).slice(0, SHOWN_ALARMS);
  alarms.clear();
  for (const one of newest) alarms.set(one.words, one);
  byId("alarm").replaceChildren(...newest.map((one) => tag("p", `${one.words} ${one.time}`)));
  byId("alarm").hidden = false;
}

function show(now) {
  version = now.version;
  if (now.size) {
    last = now;
    draw(now.figures, now.size);
    showPeople(now.figures);
    showEvents(now.events);
    const kind = now.skipped ? "pace.skipped" : "pace";
    if (now.state === "working") say("pace", fill(words[kind], { rate: now.rate.toFixed(0), skipped: now.skipped }));
    say("failing", now.failing.length ? fill(words.failing, { names: now.failing.join(", ") }) : "");
  }
  if (now.state === "working") return true;
  byId("stop").hidden = true;
  say("over", now.error ?? words[stopped ? "stopped" : "done"]);
  byId("over").classList.toggle("wrong", Boolean(now.error));
  return false;
}

async function follow() {
  for (;;) {
    try {
      scene ??= await asked("/live/scene");
      if (!show(await asked(`/live/now?version=${version}&since=${since}`))) return;
      await wait(calm.matches ? CALM_MS : PAUSE_MS);
    } catch {
      yingbiProblem(document.body.dataset.gone);
      await wait(LOST_MS);
    }
  }
}

byId("stop").addEventListener("click", () => {
  stopped = true;
  byId("stop").disabled = true;
  fetch("/live/stop", { method: "POST" });
});
addEventListener("resize", () => { if (last) draw(last.figures, last.size); });
follow();
