// What the page knows: the server's last answer and what the user looks at. Who cares, watches.

export const page = {
  state: null, // what the server said last
  at: 0, // the frame that is wanted
  shown: 0, // the frame that is to be seen
  playing: false,
  speed: 1,
  view: "clear", // clear | masked | written | compare
  boxes: true,
  selected: [], // people, by their numbers; the last one is the one that is acted upon
  joining: null, // the person that another one is to be joined to
  scope: "all", // all | stretch | moment
  marks: { from: null, to: null }, // a time that was marked with [ and ]
  moment: null, // the doubtful moment that was jumped to
  looked: new Set(), // the moments that were looked at
  axis: { from: 0, to: 1 }, // the frames that the timeline shows
  who: "all", // whose rows are shown
  drawing: null, // what is being drawn
  lost: false, // whether the server did not answer
  seenLost: null, // the drawn region whose loss was read about
  trimming: null, // the ends of a drawn region while they are dragged
};

const watchers = [];
let changed = new Set();

/** Call back after any of these has changed, once for all that changes at a time. */
export function watch(names, call) {
  watchers.push([names, call]);
}

export function change(parts) {
  Object.assign(page, parts);
  if (!changed.size) queueMicrotask(tell);
  for (const name of Object.keys(parts)) changed.add(name);
}

function tell() {
  const now = changed;
  changed = new Set();
  for (const [names, call] of watchers) if (names.some((name) => now.has(name))) alone(call);
}

/** Call, and let nothing that goes wrong keep the others from being called. */
function alone(call) {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}

export const film = () => page.state.film;
export const lastFrame = () => Math.max(0, film().frames - 1);
export const personOf = (id) => page.state.people.find((person) => person.id === id);
export const chosen = () => (page.state ? personOf(page.selected.at(-1)) : undefined);
/** Whether decisions can be made: not before all of the film was looked at. */
export const editable = () => page.state !== null && page.state.looking === null;
/** Whether the film was looked at and nobody was there; a film that could not be looked at is another thing. */
export const nobody = () => editable() && !page.state.people.length && !page.state.problem;

/** Return when a frame is, in seconds, as near as an even pace tells. */
export const timeOf = (at) => (at * film().duration_s) / Math.max(1, film().frames);
export const frameAt = (time_s) => inFilm(Math.round((time_s * film().frames) / Math.max(1e-9, film().duration_s)));
export const inFilm = (at) => Math.min(lastFrame(), Math.max(0, Math.round(at)));

/** Return what a moment is known by; the server gives it no number. */
export const keyOf = (moment) => [moment.doubt, moment.person, moment.kind, moment.from].join(" ");
