/** What the page says, in the language of its reader. */

import { BASE } from "./api.js";

const NAMES = { en: "English", de: "Deutsch" };
const KEPT = "language";
const catalogues = new Map();
let spoken = "en";
let words = {};

export const LANGUAGES = Object.keys(NAMES);

/** The language of the page. */
export function language() {
  return spoken;
}

/** The other language that there is. */
export function other() {
  return LANGUAGES[(LANGUAGES.indexOf(spoken) + 1) % LANGUAGES.length];
}

/** The name of a language in that language. */
export function nameOf(code) {
  return NAMES[code] ?? code;
}

/** Return the text of a key; the key itself if there is none, so that nothing is missed silently. */
export function say(key, params = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
}

/** Is there a text for this key? */
export function known(key) {
  return key in words;
}

/** Return the language that was asked for: in the address, before on this device, of the browser, of the station. */
export function wanted(fallback) {
  const asked = new URLSearchParams(location.search).get("lang");
  const candidates = [asked, kept(), ...navigator.languages.map((tag) => tag.slice(0, 2)), fallback];
  return candidates.find((code) => LANGUAGES.includes(code)) ?? "en";
}

/** Load a language and make it that of the page; `keep`: the reader chose it. */
export async function speak(code, { keep = false } = {}) {
  if (!catalogues.has(code)) {
    const answer = await fetch(new URL(`texts/${code}.json`, BASE));
    if (!answer.ok) throw new Error(`texts: ${answer.status}`);
    catalogues.set(code, await answer.json());
  }
  [spoken, words] = [code, catalogues.get(code)];
  document.documentElement.lang = code;
  if (keep) keepLanguage(code);
  document.dispatchEvent(new CustomEvent("language"));
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage is forbidden here
  }
}

function keepLanguage(code) {
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // It is asked again next time.
  }
}
