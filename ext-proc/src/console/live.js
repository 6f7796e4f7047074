// Keeps the parts of the page that are marked `data-live` up to date. Without it, the page has a link that loads it anew.
"use strict";

(() => {
  const EVERY_MS = 2000;
  const state = document.getElementById("live-state");
  const button = document.getElementById("live-button");
  let isPaused = false;
  let timer = 0;

  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  // A part that somebody works in stays: what has the focus is found again, what is marked is left alone.
  const swap = (fresh) => {
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = document.getElementById(part.id);
      if (!old || old.isEqualNode(part)) continue;
      const selection = document.getSelection();
      if (selection && !selection.isCollapsed && old.contains(selection.anchorNode)) continue;
      const active = old.contains(document.activeElement) ? document.activeElement : null;
      const path = active && (active.id ? `#${CSS.escape(active.id)}` : active.href && `a[href="${CSS.escape(active.getAttribute("href"))}"]`);
      const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
      const offsets = [...old.querySelectorAll(".scroll")].map((scroll) => [scroll.id, scroll.scrollLeft]);
      old.replaceWith(document.adoptNode(part));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      for (const [id, left] of offsets) {
        const scroll = document.getElementById(id);
        if (scroll) scroll.scrollLeft = left;
      }
      if (active) (path && part.querySelector(path) || document.getElementById("main")).focus({ preventScroll: true });
    }
  };

  const later = () => {
    window.clearTimeout(timer);
    if (!isPaused && !document.hidden) timer = window.setTimeout(refresh, EVERY_MS);
  };

  const refresh = () => {
    const ask = new XMLHttpRequest();
    ask.open("GET", window.location.pathname + window.location.search);
    ask.responseType = "document";
    ask.timeout = 10000;
    ask.onload = () => {
      if (ask.status === 200 && ask.response) {
        swap(ask.response);
        say("Updates every two seconds");
        later();
      } else if (ask.status === 401 || ask.status === 403) {
        say("Signed out: load the page again");
      } else {
        say("The service does not answer as it should; trying again");
        later();
      }
    };
    ask.onerror = ask.ontimeout = () => {
      say("The service cannot be reached; trying again");
      later();
    };
    ask.send();
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? "Go on" : "Pause";
    say(isPaused ? "Paused" : "Updates every two seconds");
    later();
  });
  document.addEventListener("visibilitychange", later);
  say("Updates every two seconds");
  later();
})();
