/** What is to be thought of a receipt: the signature, what the law's software says, and each check. */

import { h, icon } from "./dom.js";
import { known, language, say } from "./words.js";

const GRADES = {
  ok: ["go", "check"],
  note: ["off", "info"],
  doubt: ["act", "warning"],
  fail: ["bad", "cross"],
  unchecked: ["off", "dot"],
};
const ANSWERS = { valid: "ok", doubtful: "doubt", invalid: "fail" };
const SIGNATURES = { valid: "ok", unchecked: "unchecked", invalid: "fail" };

/** Return the two things that matter, apart from each other: does the signature fit, and is all else well. */
export function seal(verdict) {
  return h(
    "div",
    { class: "seal" },
    badge(SIGNATURES[verdict.signature], say(`receipt.signature.${verdict.signature}`)),
    verdict.signature === "unchecked" ? null : badge(ANSWERS[verdict.answer], say(`receipt.answer.${verdict.answer}`)),
  );
}

/** Return which version of the transparency software takes the receipt, and which does not. */
export function laws(verdict) {
  const result = { true: ["ok", "accepted"], false: ["note", "refused"], null: ["unchecked", "unknown"] };
  return h("ul", { class: "laws" }, verdict.law.map(({ software, accepted, text }) => {
    const [grade, key] = result[accepted ?? null];
    // The station's own words are English; who reads another language finds them among the checks.
    const why = grade === "ok" || language() !== "en" ? null : remark(text);
    return h("li", {}, badge(grade, say(`receipt.law.${key}`, { software })), why);
  }));
}

/** Return every check of every record, and those of begin and end together. */
export function allChecks(verdict) {
  const groups = verdict.records.map((record) => [say(`receipt.kind.${record.kind}`), record.checks]);
  if (verdict.together.length) groups.push([say("receipt.together"), verdict.together]);
  if (verdict.law.length) groups.push([say("receipt.law"), verdict.law.map(asCheck)]);
  return groups.map(([title, checks]) => [h("h3", {}, title), h("ul", { class: "checks" }, checks.map(check))]);
}

function asCheck({ software, accepted, text }) {
  return { check: software, grade: accepted ? "ok" : "note", text };
}

function check({ check: name, grade, text }) {
  const key = `receipt.check.${name}`;
  const told = grade === "ok" ? null : remark(text);
  const result = h("span", { class: "unseen" }, `: ${say(`receipt.grade.${grade}`)}`);
  return h("li", {}, badge(grade, known(key) ? say(key) : name), result, told);
}

/** The station's own words, which are English. */
function remark(text) {
  return h("p", { class: "remark", lang: "en" }, text);
}

function badge(grade, text) {
  const [tone, shape] = GRADES[grade] ?? GRADES.unchecked;
  return h("span", { class: `badge ${tone}` }, icon(shape), h("span", {}, text));
}
