/** Numbers and instants as the reader writes them. */

import { language } from "./words.js";

const LOCALES = { en: "en-GB", de: "de-DE" };
const made = new Map();

/** Shown where there is no value. */
export const NONE = "–";

export function power(watts) {
  return quantity(watts, 1000, "kW", 1);
}

/** What is shown while it is being measured. */
export function energy(wattHours) {
  return quantity(wattHours, 1000, "kWh", 2);
}

/** What was signed, to the last digit. */
export function signedEnergy(wattHours) {
  return quantity(wattHours, 1000, "kWh", 3);
}

export function current(amperes) {
  return quantity(amperes, 1, "A", 1);
}

export function voltage(volts) {
  return quantity(volts, 1, "V", 0);
}

export function count(number) {
  return format("number", {}).format(number);
}

export function decimal(number, digits) {
  return format("number", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(number);
}

/** Return hours and minutes; seconds of what lasts less than a minute. */
export function duration(seconds) {
  if (!(seconds >= 0)) return NONE;
  if (seconds < 60) return unit(Math.floor(seconds), "second");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return [hours && unit(hours, "hour"), (minutes || !hours) && unit(minutes, "minute")].filter(Boolean).join(" ");
}

export function days(seconds) {
  return seconds < 86_400 ? duration(seconds) : unit(Math.floor(seconds / 86_400), "day");
}

/** Return the time of day: 14:05. */
export function time(instant) {
  return shown(instant, { hour: "2-digit", minute: "2-digit" });
}

export function timeWithSeconds(instant) {
  return shown(instant, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function dateAndTime(instant) {
  return shown(instant, { dateStyle: "medium", timeStyle: "short" });
}

/** Return date, time to the second, and the zone that it is of. */
export function exactly(instant) {
  return shown(instant, {
    year: "numeric", month: "long", day: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  });
}

export function date(instant) {
  return shown(instant, { dateStyle: "medium" });
}

function quantity(value, divisor, symbol, digits) {
  return typeof value === "number" ? `${decimal(value / divisor, digits)}\u00a0${symbol}` : NONE;
}

function unit(value, name) {
  return format("number", { style: "unit", unit: name, unitDisplay: "short" }).format(value).replace(" ", "\u00a0");
}

function shown(instant, options) {
  return instant ? format("date", options).format(new Date(instant)) : NONE;
}

function format(kind, options) {
  const key = language() + kind + JSON.stringify(options);
  if (!made.has(key)) {
    const Format = kind === "date" ? Intl.DateTimeFormat : Intl.NumberFormat;
    made.set(key, new Format(LOCALES[language()], options));
  }
  return made.get(key);
}
