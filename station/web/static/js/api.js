/** Questions to the station. */

/** Where the station's pages begin; they may be behind a path of another server. */
export const BASE = new URL("../../", import.meta.url);

const API = new URL("api/v1/", BASE);
const UNSAFE_HEADER = "X-CSRF-Token";
const RETRY_MS = 3_000;
let csrf = null;

/** The station said no, or nothing; `status` is 0 if it said nothing, `document` is all that it said. */
export class Failure extends Error {
  constructor(status, text, document = null) {
    super(text);
    this.status = status;
    this.document = document;
  }
}

/** Return the address of something that the API serves. */
export function address(path) {
  return new URL(path, API).href;
}

/** Return the address of a page. */
export function page(path) {
  return new URL(path, BASE).href;
}

/** Remember what proves that requests of this page are ours. */
export function holdToken(token) {
  csrf = token;
}

/** Ask until there is an answer: a page may be open before the station is up. */
export async function patiently(ask) {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

export async function get(path) {
  return ask("GET", path);
}

export async function send(method, path, body = {}) {
  return ask(method, path, { body: JSON.stringify(body), headers: headers() });
}

function headers() {
  const all = { "Content-Type": "application/json" };
  if (csrf) all[UNSAFE_HEADER] = csrf;
  return all;
}

async function ask(method, path, more = {}) {
  let answer;
  try {
    answer = await fetch(address(path), { method, cache: "no-store", ...more });
  } catch (error) {
    throw new Failure(0, error.message);
  }
  const document = await answer.json().catch(() => null);
  if (!answer.ok) throw new Failure(answer.status, document?.error ?? `${answer.status} ${answer.statusText}`, document);
  return document;
}
