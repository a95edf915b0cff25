// Before the first paint: the theme that was chosen. The program handed the setting in with the page; where it had no time for that,
// or the page is loaded again and is handed what has grown old, the theme that this window showed last stands until the page has asked
// for the setting, which wins.
(function () {
  var theme;
  try {
    theme = localStorage.getItem("daybook.theme");
  } catch (_) {
    // Without storage the system's theme shows until the setting is known.
  }
  var loading = performance.getEntriesByType("navigation")[0];
  var handedIn = loading && loading.type === "reload" && theme ? [] : window.daybookFirst || [];
  handedIn.forEach(function (told) {
    if (told.command === "setting_get" && told.input.key === "theme" && told.answer && told.answer.value) theme = told.answer.value;
  });
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
