// The reference reads without this script. With it: find, copy, the place one reads, and trying an operation out.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);

// ── find ─────────────────────────────────────────────────────────────────────────────────────────
function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const group of all("nav ul")) {
    const links = all("a", group);
    for (const link of links) {
      const hay = `${link.dataset.words || ""} ${link.textContent}`.toLowerCase();
      link.parentElement.hidden = !words.every((word) => hay.includes(word));
    }
    const left = links.filter((link) => !link.parentElement.hidden).length;
    shown += left;
    group.hidden = left === 0;
    if (group.previousElementSibling) group.previousElementSibling.hidden = left === 0;
  }
  one(".nothing").hidden = shown > 0;
}

function offerFinding() {
  const box = one("#find");
  one(".find").hidden = false;
  box.addEventListener("input", () => find(box.value));
  box.addEventListener("keydown", (event) => {
    const first = one("nav li:not([hidden]) a");
    if (event.key === "Enter" && first) first.click();
    if (event.key === "Escape") { box.value = ""; find(""); box.blur(); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName || "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); box.focus(); }
  });
}

// ── where one reads ──────────────────────────────────────────────────────────────────────────────
function followReading() {
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const link = links.get(entry.target.id);
      if (!link || !entry.isIntersecting) continue;
      for (const other of links.values()) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of all("section.op")) watch.observe(section);
}

function foldMenuOnSmallScreens() {
  const menu = one(".menu");
  const wide = matchMedia("(min-width: 56rem)");
  const fit = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
  one("nav").addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) menu.open = false; });
}

// ── copy ─────────────────────────────────────────────────────────────────────────────────────────
function offerCopying() {
  if (!navigator.clipboard) return;
  for (const figure of all("figure")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(one("code", figure).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    one("figcaption", figure).append(button);
  }
}

// ── try it ───────────────────────────────────────────────────────────────────────────────────────
function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of all("[data-place]", form)) {
    if (field.dataset.place === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    if (field.dataset.place === "query" && field.value) query.append(field.name, field.value);
  }
  const asked = query.toString();
  return asked ? `${path}?${asked}` : path;
}

function requestOf(form) {
  const headers = {};
  const key = one("#key").value.trim();
  if ("keyed" in form.dataset && key) headers.Authorization = `Bearer ${key}`;
  for (const field of all('[data-place="header"]', form)) if (field.value) headers[field.name] = field.value;
  const sent = one(".sent", form);
  if (!sent) return { method: form.dataset.method, headers };
  headers["Content-Type"] = sent.dataset.type;
  return { method: form.dataset.method, headers, body: sent.files ? sent.files[0] : sent.value };
}

function readable(text, type) {
  if (!/json/.test(type || "")) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

async function send(form) {
  const status = one(".status", form);
  const shown = one("output code", form);
  one("output", form).hidden = false;
  const begun = performance.now();
  try {
    const answer = await fetch(addressOf(form), { ...requestOf(form), credentials: "omit", redirect: "error" });
    const text = await answer.text();
    status.textContent = `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - begun)} ms`;
    status.classList.toggle("bad", !answer.ok);
    shown.textContent = readable(text, answer.headers.get("Content-Type"));
  } catch (error) {
    status.textContent = `No answer: ${error.message}`;
    status.classList.add("bad");
    shown.textContent = "";
  }
}

function offerTrying() {
  one(".key").hidden = false;
  const key = one("#key");
  const show = one("#show-key");
  show.addEventListener("click", () => {
    const hidden = key.type === "password";
    key.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(hidden));
  });
  one(".key").addEventListener("submit", (event) => event.preventDefault());
  for (const details of all(".try")) {
    details.hidden = false;
    const form = one("form", details);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = one('button[type="submit"]', form);
      button.disabled = true;
      await send(form);
      button.disabled = false;
    });
  }
}

one(".origin").textContent = location.origin;
offerFinding();
followReading();
foldMenuOnSmallScreens();
offerCopying();
offerTrying();
