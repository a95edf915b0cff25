// Before the first paint: the theme that was chosen last. The setting in the store is asked for right after, and wins.
(function () {
  var theme = "system";
  try {
    theme = localStorage.getItem("daybook.theme") || "system";
  } catch (_) {
    // Without storage the system's theme shows until the setting is known.
  }
  var dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
