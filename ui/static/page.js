"use strict";
// Runs once in the page. `element`, `trigger`, `props`, `server`, `watch` come from Gradio's HTML
// component. Nothing here touches any storage of the browser. Everything drawn arrives as markup
// that Python has escaped.
const root = document.createElement("div");
root.id = "notes";
root.innerHTML = props.shell;
document.body.append(root); // out of Gradio's containers: one main landmark, no padding, no toasts
document.documentElement.lang = "en";

const $ = (selector, within = root) => within.querySelector(selector);
const all = (selector, within = root) => [...within.querySelectorAll(selector)];
const box = $("#box");
const state = { view: null, first: true, wantDraft: true, place: "talk", opener: null, gone: false, seen: Date.now() };
const ask = async (query) => {
  try {
    return await server.ask(query);
  } catch {
    check();
    return null;
  }
};
const act = (event) => {
  trigger("submit", event);
  setTimeout(check, 4000);
};
const say = (text) => {
  $("#live").textContent = "";
  setTimeout(() => ($("#live").textContent = text), 50);
};

// ---- drawing -----------------------------------------------------------------------------
const memory = new WeakMap();
function fill(node, html) {
  if (memory.get(node) === html) return false;
  memory.set(node, html);
  node.innerHTML = html;
  return true;
}
function article(turn) {
  const node = document.createElement("article");
  node.className = "turn";
  node.dataset.id = turn.id;
  node.innerHTML =
    '<h3 class="sr">You wrote</h3><div class="mine" data-part="said"></div>' +
    '<div class="acts right"><button type="button" data-do="edit">Edit</button></div>' +
    '<div class="editing" hidden><label>Your message<textarea rows="4" spellcheck="false" autocomplete="off"></textarea></label>' +
    '<p class="small">What came after this message goes away.</p>' +
    '<div class="row end"><button type="button" data-do="edit-no">Cancel</button><button type="button" class="do" data-do="edit-yes">Send from here</button></div></div>' +
    '<h3 class="sr">Reply</h3><div class="theirs" data-part="body"></div>' +
    '<div class="pick" hidden><label>Show numbers for <select class="country-here"></select></label><div class="found"></div></div>' +
    '<div data-part="sources"></div><p class="stage-line" hidden></p><p class="note" hidden></p><p class="fault" hidden></p>' +
    '<div class="acts after"><button type="button" data-do="copy">Copy</button><button type="button" data-do="again">Write again</button><button type="button" data-do="undo">Undo</button></div>' +
    '<details class="heard"><summary><span class="real">What I heard, and why this</span><span class="alt">Details</span></summary><div data-part="heard"></div></details>';
  $(".country-here", node).innerHTML = $("#country").innerHTML;
  $(".country-here", node).value = "";
  $(".country-here", node).options[0].textContent = "Choose a country";
  return node;
}
function line(node, text) {
  node.hidden = !text;
  if (node.textContent !== text) node.textContent = text;
}
function draw(turn, node, busy) {
  for (const part of ["said", "body", "sources", "heard"]) fill($(`[data-part="${part}"]`, node), turn[part]);
  line($(".stage-line", node), turn.stage);
  line($(".note", node), turn.note);
  line($(".fault", node), turn.fault);
  node.setAttribute("aria-busy", String(turn.writing));
  $(".heard", node).hidden = !turn.heard;
  if (!turn.safety && !$(".found", node).innerHTML) $(".pick", node).hidden = true;
  if (turn.safety && !turn.writing) $(".pick", node).hidden = false;
  $('[data-do="edit"]', node).hidden = busy;
  $(".after", node).hidden = turn.writing;
  $('[data-do="copy"]', node).hidden = !turn.plain;
  $('[data-do="again"]', node).hidden = $('[data-do="undo"]', node).hidden = !turn.last || busy;
}
function paint() {
  const view = props.value;
  if (!view || state.gone || (state.view && view.version < state.view.version)) return;
  const before = state.view;
  state.view = view;
  state.seen = Date.now();
  $("#lost").hidden = true;
  const log = $("#log");
  const low = log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const keep = new Set(view.turns.map((t) => String(t.id)));
  all(".turn").forEach((node) => keep.has(node.dataset.id) || node.remove());
  for (const turn of view.turns) {
    let node = $(`.turn[data-id="${turn.id}"]`);
    if (!node) $("#turns").append((node = article(turn)));
    draw(turn, node, view.busy);
  }
  $("#start").hidden = view.turns.length > 0;
  $("#clear").hidden = view.turns.length === 0;
  $("#send").hidden = view.busy;
  $("#stop").hidden = !view.busy;
  look(view.look);
  boot(view.boot);
  if (state.wantDraft) {
    state.wantDraft = false;
    if (view.draft && !box.value) box.value = view.draft;
    grow();
  }
  if (state.first) {
    state.first = false;
    all(".country").forEach((s) => (s.value = view.country));
    show(view.welcome ? "welcome" : "talk");
    log.scrollTop = log.scrollHeight;
  }
  const grew = before && view.turns.length > before.turns.length;
  if (grew || (low && view.busy)) log.scrollTop = log.scrollHeight;
  if (before?.busy && !view.busy) finished(view);
}
function finished(view) {
  const last = view.turns.at(-1);
  if (last) say(last.fault || `Reply: ${last.plain} ${last.note}`);
  if (state.place === "talk" && (document.activeElement === document.body || $("#composer").contains(document.activeElement))) box.focus();
}
function boot(b) {
  const bar = $("#boot-bar");
  $("#boot").hidden = b.state === "ready";
  $("#boot").classList.toggle("failed", b.state === "failed");
  line($("#boot-text"), b.state === "failed" ? b.text : `${b.text}. You can read the ideas meanwhile.`);
  bar.hidden = b.state === "failed";
  if (b.share === null) bar.removeAttribute("value");
  else bar.value = b.share;
  $('[data-do="load"]').hidden = b.state !== "failed";
}
function look(l) {
  const html = document.documentElement;
  if (l.theme === "system") delete html.dataset.theme;
  else html.dataset.theme = l.theme;
  html.dataset.size = l.size;
  if (l.plain) html.dataset.plain = "";
  else delete html.dataset.plain;
  if (l.plain && !state.look?.plain) all("details[open]").forEach((d) => d.closest(".look") || (d.open = false));
  $("#theme").value = l.theme;
  $("#plain").checked = l.plain;
  state.look = l;
}
function relook(change) {
  look({ ...state.look, ...change });
  ask({ ask: "look", ...change });
}
function show(place) {
  state.place = place;
  all(".view").forEach((v) => (v.hidden = v.id !== place));
  all("nav button").forEach((b) => (b.dataset.view === place ? b.setAttribute("aria-current", "page") : b.removeAttribute("aria-current")));
  if (place === "talk") box.focus();
  if (place === "welcome") $('[data-do="begin"]').focus({ preventScroll: true });
}
function begin() {
  ask({ ask: "welcomed" });
  show("talk");
}

// ---- the card beside the talk ------------------------------------------------------------
async function card(slug, opener) {
  const html = await ask({ ask: "card", text: slug });
  if (html === null) return;
  if (opener && !$("#side").contains(opener)) state.opener = opener;
  $("#card").innerHTML = html;
  $("#side").hidden = false;
  $("main").classList.add("with-side");
  $("#side").scrollTop = 0;
  $("#card h2")?.focus();
}
function closeSide() {
  $("#side").hidden = true;
  $("main").classList.remove("with-side");
  if (state.opener?.isConnected) state.opener.focus();
  else if (state.place === "talk") box.focus();
}

// ---- corrections -------------------------------------------------------------------------
let pending = null;
function correct(query, node) {
  pending = query;
  if (!node.dataset.safety) return send();
  $("#ask-text").textContent =
    "This is about safety. Correcting it changes what was noted. It does not by itself open the way to a pause or an exit: that waits until you have said whether you are safe.";
  $("#ask").showModal();
}
async function send() {
  const query = pending;
  pending = null;
  const view = await ask({ ask: "correct", ...query });
  if (!view) return;
  props.value = view;
  paint();
  const node = all(".turn").at(-1);
  $(".heard", node).open = true;
  $(".heard summary", node).focus();
  say("Corrected. " + ($(".suggests", node)?.textContent ?? ""));
}

// ---- leaving -----------------------------------------------------------------------------
const channel = new BroadcastChannel("notes"); // tells the other tabs; keeps nothing
channel.onmessage = () => blank();
async function blank() {
  if (state.gone) return;
  state.gone = true;
  const cover = document.createElement("div");
  cover.id = "blank";
  document.body.append(cover);
  root.remove();
  memory.delete(root);
  state.view = null;
  const waiting = new Promise((_, no) => setTimeout(no, 1500));
  let next = "/quiet";
  try {
    await Promise.race([fetch("/leave", { method: "POST", keepalive: true }), waiting]);
  } catch {
    next = "about:blank";
  }
  location.replace(next);
}
function leave() {
  channel.postMessage("leave");
  blank();
}
let shifts = [];
let alone = false;
function dots() {
  all(".dots i").forEach((dot, i) => dot.classList.toggle("on", i < shifts.length));
}
addEventListener("keydown", (e) => {
  if (e.key === "Shift") {
    alone = !e.repeat && !e.ctrlKey && !e.altKey && !e.metaKey ? true : alone && e.repeat;
  } else {
    alone = false;
    shifts = [];
    dots();
  }
}, true);
addEventListener("keyup", (e) => {
  if (e.key !== "Shift" || !alone) return;
  alone = false;
  const now = Date.now();
  shifts = [...shifts.filter((t) => now - t < 5000), now];
  dots();
  if (shifts.length >= 3) return leave();
  say(`Shift: press ${3 - shifts.length} more to leave`);
  setTimeout(() => {
    shifts = shifts.filter((t) => Date.now() - t < 5000);
    dots();
  }, 5100);
}, true);
addEventListener("pageshow", (e) => e.persisted && location.reload());

// ---- the program behind the page ----------------------------------------------------------
async function check() {
  if (state.gone) return;
  let words = "";
  try {
    const answer = await fetch("/alive");
    if (answer.status === 401) words = "The program was started anew, and this page belongs to the old start. Open its start file again. What you see here is only on this screen.";
  } catch {
    words = "The program is not running any more. What you see here is only on this screen; start it again to go on.";
  }
  if (words) {
    $("#lost").textContent = words;
    $("#lost").hidden = false;
  }
}
setInterval(() => { // while something is under way an update comes every few seconds
  const waiting = !state.view || state.view.busy || !["ready", "failed"].includes(state.view.boot.state);
  if (!waiting || state.gone || Date.now() - state.seen < 10000) return;
  state.seen = Date.now();
  act({ do: "open" });
}, 2500);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !state.gone && state.view && !state.view.busy) act({ do: "open" });
});

// ---- what a person does --------------------------------------------------------------------
function grow() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight + 2, innerHeight * 0.34) + "px";
}
let drafting = 0;
box.addEventListener("input", () => {
  grow();
  clearTimeout(drafting);
  drafting = setTimeout(() => ask({ ask: "draft", text: box.value }), 400);
});
function submit() {
  const text = box.value.trim();
  if (!text || state.view?.busy) return;
  clearTimeout(drafting);
  box.value = "";
  grow();
  act({ do: "say", text });
  box.focus();
}
box.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    submit();
  }
});
$("#composer").addEventListener("submit", (e) => {
  e.preventDefault();
  submit();
});
const turnOf = (node) => node.closest(".turn");
const dataOf = (node) => state.view.turns.find((t) => String(t.id) === turnOf(node).dataset.id);
function editing(node, on) {
  $(".editing", node).hidden = !on;
  $(".mine", node).hidden = $('[data-do="edit"]', node).hidden = on;
  const area = $(".editing textarea", node);
  if (on) {
    area.value = state.view.turns.find((t) => String(t.id) === node.dataset.id).text;
    area.focus();
  } else $('[data-do="edit"]', node).focus();
}
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
    return true;
  } catch {
    say("Copying was not allowed by the browser");
    return false;
  }
}
const DO = {
  leave: (n, e) => (e.preventDefault(), leave()),
  skip: (n, e) => (e.preventDefault(), show("talk")),
  begin,
  stop: () => ask({ ask: "stop" }),
  again: () => act({ do: "again" }),
  undo: () => {
    state.wantDraft = true;
    act({ do: "undo" });
    box.focus();
  },
  clear: () => {
    box.value = "";
    grow();
    act({ do: "clear" });
    box.focus();
  },
  load: () => act({ do: "load" }),
  edit: (n) => editing(turnOf(n), true),
  "edit-no": (n) => editing(turnOf(n), false),
  "edit-yes": (n) => {
    const text = $(".editing textarea", turnOf(n)).value;
    if (text.trim()) act({ do: "edit", id: dataOf(n).id, text }), box.focus();
  },
  copy: async (n) => {
    if (await copy(dataOf(n).plain)) {
      n.textContent = "Copied";
      setTimeout(() => (n.textContent = "Copy"), 2000);
    }
  },
  smaller: () => relook({ size: Math.max(0, state.look.size - 1) }),
  larger: () => relook({ size: Math.min(4, state.look.size + 1) }),
  "close-side": closeSide,
  "ask-no": () => $("#ask").close(),
  "ask-yes": () => ($("#ask").close(), send()),
};
const TOOL = {
  check: async () => ($("#draft-answer").innerHTML = (await ask({ ask: "check", text: $("#draft-text").value })) ?? ""),
  motive: async () => {
    const answers = Object.fromEntries(new FormData($("#motive")));
    $("#motive-answer").innerHTML = (await ask({ ask: "motive", answers })) ?? "";
  },
  note: async () => ($("#note-answer").innerHTML = (await ask({ ask: "note" })) ?? ""),
  "copy-note": () => copy($("#note-text").value),
  "save-note": () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([$("#note-text").value], { type: "text/plain" }));
    link.download = "note.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  },
};
root.addEventListener("click", (e) => {
  const node = e.target.closest("button, a");
  if (!e.target.closest(".look")) $(".look").open = false;
  if (!node || state.gone) return;
  const { do: name, view, card: slug, start, tool, fix } = node.dataset;
  if (name && DO[name]) DO[name](node, e);
  else if (view) show(view);
  else if (slug) card(slug, node);
  else if (start) (box.value = start), grow(), box.focus();
  else if (tool) TOOL[tool]();
  else if (fix) correct({ code: fix }, node);
});
root.addEventListener("change", async (e) => {
  const node = e.target;
  if (node.id === "theme") relook({ theme: node.value });
  else if (node.id === "plain") relook({ plain: node.checked });
  else if (node.dataset.fix && node.value) correct({ code: node.dataset.fix, value: node.value }, node);
  else if (node.matches(".country, .country-here")) {
    const html = await ask({ ask: "country", text: node.value });
    all(".country").forEach((s) => (s.value = node.value));
    if (html !== null) $("#directory").innerHTML = html;
    if (html !== null && node.matches(".country-here")) $(".found", turnOf(node)).innerHTML = html;
  }
});
let searching = 0;
$("#search").addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const html = await ask({ ask: "search", text: $("#search").value });
    if (html !== null) $("#contents").innerHTML = html;
  }, 250);
});
root.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  if (state.place === "welcome") begin();
  else if ($(".look").open) ($(".look").open = false), $(".look summary").focus();
  else if (!$("#side").hidden && !$("#ask").open) closeSide();
});

watch("value", paint);
$("#log").setAttribute("aria-live", "off");
act({ do: "open" });
