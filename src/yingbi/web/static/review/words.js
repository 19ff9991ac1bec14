// Words of the page. They stand in the template, in the user's language; none is in a script.

const words = new Map();
for (const entry of document.getElementById("words").content.querySelectorAll("[data-word]")) {
  words.set(entry.dataset.word, entry.textContent);
}
const language = document.documentElement.lang || "en";
const numbers = new Intl.NumberFormat(language);

/** Return the text of that name with its {facts} filled in. Throws where there is none. */
export function word(name, facts = {}) {
  if (!words.has(name)) throw new Error(`no word "${name}"`);
  return words.get(name).replace(/\{(\w+)\}/g, (_, fact) => facts[fact]);
}

/** The same for a text that changes with a number, which it names {n}. */
export function count(name, n, facts = {}) {
  return word(`${name}.${n === 1 ? "one" : "many"}`, { ...facts, n: numbers.format(n) });
}

/** Return texts as one, with the language's comma between them. */
export const listed = (texts) => texts.join(words.get("comma"));

export const percent = (done, total) => word("percent", { n: total ? Math.floor((100 * done) / total) : 0 });

/** Return seconds as 0:12.40, or 1:02:12.40; whole: without what is below a second. */
export function clock(seconds, whole = false) {
  const hundredths = Math.max(0, whole ? Math.floor(seconds) * 100 : Math.round(seconds * 100));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(hundredths / 360000), Math.floor(hundredths / 6000) % 60, Math.floor(hundredths / 100) % 60];
  const head = h ? `${h}:${two(m)}` : `${m}`;
  return `${head}:${two(s)}${whole ? "" : `.${two(hundredths % 100)}`}`;
}

/** Return the seconds of 12.4, 0:12.4 or 1:02:12.4; null for anything else. */
export function seconds(text) {
  if (!/^\s*(\d+:){0,2}\d+([.,]\d+)?\s*$/.test(text)) return null;
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

/** Return a length of time in words, as coarse as it deserves. */
export function span(length_s) {
  return length_s < 90 ? count("seconds", Math.max(1, Math.round(length_s))) : count("minutes", Math.round(length_s / 60));
}

const PEOPLE = ["face", "head", "person"];
const NAMED = ["plate", "text", "screen"];

export const isPerson = (person) => person.kinds.some((kind) => PEOPLE.includes(kind));

/** Return what a person, a plate or anything else with a number is called. */
export function nameOf(person) {
  if (person.drawn) return word("name.drawn", { n: person.id });
  const other = NAMED.find((kind) => person.kinds.includes(kind));
  return word(isPerson(person) || !other ? "name.person" : `name.${other}`, { n: person.id });
}

/** Return the kinds, none where the name says it: "Plate 12" is a plate. */
export const kindsOf = (person) =>
  person.kinds.length === 1 && NAMED.includes(person.kinds[0]) ? "" : listed(person.kinds.map((kind) => word(`kind.${kind}`)));
