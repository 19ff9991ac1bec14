"use strict";
// The page `app`: what is dropped is looked for on this computer by its name and digests, and
// a film and its copy are drawn over each other. No file is ever sent.

const END_BYTES = 1 << 20; // as usecases/find_dropped.py

// --- dropping

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");

async function digest(part) {
  return hex(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
}

async function find(file) {
  const said = {
    name: file.name,
    size: file.size,
    modified_ms: file.lastModified,
    first: await digest(file.slice(0, END_BYTES)),
    last: await digest(file.slice(Math.max(0, file.size - END_BYTES))),
  };
  const answer = await fetch("/app/dropped", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
    cache: "no-store",
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error.message);
  return found.found;
}

async function dropped(files, folders) {
  const words = document.getElementById("app").dataset;
  const status = document.getElementById("status");
  let lost = folders;
  try {
    for (const file of files) {
      if (status) status.textContent = `${file.name}: ${words.looking}`;
      if (!(await find(file))) lost += 1;
    }
    yingbiProblem("");
  } catch (error) {
    yingbiProblem(error.message);
  }
  if (status) status.textContent = "";
  await htmx.ajax("GET", "/app/work", { target: "#work", swap: "outerHTML" });
  if (lost) choose(folders ? words.folder : words.lost);
}

// A file that is dropped anywhere would otherwise be opened by the browser in place of the page.
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    const over = kind === "dragenter" || kind === "dragover";
    const place = document.querySelector("[data-drop]");
    if (place) place.classList.toggle("over", over);
    if (!over && kind === "drop" && place) {
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
      const folders = entries.filter((entry) => entry?.isDirectory).length;
      const files = [...event.dataTransfer.files].filter((_, n) => !entries[n]?.isDirectory);
      dropped(files, folders);
    }
  });
}

// --- choosing

async function choose(line) {
  const asked = line ? `?line=${encodeURIComponent(line)}` : "";
  await htmx.ajax("GET", `/app/folder${asked}`, { target: "#chooser-body", swap: "outerHTML" });
  const chooser = document.getElementById("chooser");
  if (!chooser.open) chooser.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-choose]")) choose("");
  if (event.target === document.getElementById("chooser")) event.target.close();
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  yingbiProblem("");
  if (event.target.closest("[data-chosen]")) document.getElementById("chooser").close();
});

// --- comparing

async function picture(compare, side, at, width) {
  const asked = new URLSearchParams({ file: compare.dataset.file, at, as: side, width });
  const answer = await fetch(`/app/frame?${asked}`, { cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  return createImageBitmap(await answer.blob());
}

function draw(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

function compared(compare) {
  const [clear, written] = compare.querySelectorAll("canvas");
  const wipe = compare.querySelector(".wipe");
  const at = compare.querySelector(".at");
  const time = compare.querySelector("output");
  let wanted = 0;
  let drawing = false;

  async function show() {
    wanted = at ? Number(at.value) : 0;
    if (time) time.textContent = clock((compare.dataset.seconds * wanted) / at.max);
    if (drawing) return; // whoever draws goes on to what is wanted by then
    drawing = true;
    try {
      for (let drawn = -1; drawn !== wanted; ) {
        drawn = wanted;
        const width = Math.min(1920, Math.ceil(compare.clientWidth * devicePixelRatio));
        const sides = ["clear", "written"].map((side) => picture(compare, side, drawn, width));
        const [before, after] = await Promise.all(sides);
        draw(clear, before);
        draw(written, after);
        compare.dataset.shown = drawn;
      }
    } catch (error) {
      yingbiProblem(error.message);
    } finally {
      drawing = false;
    }
  }

  const split = () => compare.style.setProperty("--split", `${wipe.value}%`);
  wipe.addEventListener("input", split);
  at?.addEventListener("input", show);
  split();
  show();
}

document.addEventListener("htmx:load", (event) => {
  const compare = event.target.matches?.(".compare") ? event.target : null;
  if (compare) compared(compare);
});
