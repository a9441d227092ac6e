// Outside of the page, where it stands in a notebook: the frame is as high as the page, and as light or dark as the Lab.
const LARGEST = 8000; // pixels

function meet(frame) {
  const tell = () => {
    const light = document.body.dataset.jpThemeLight; // JupyterLab's; elsewhere the page follows the system
    if (light !== undefined) frame.contentWindow?.postMessage({ procureTheme: light === "false" ? "dark" : "light" }, "*");
  };
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || !event.data?.procureHeight) return;
    frame.style.height = `${Math.min(event.data.procureHeight, LARGEST)}px`;
    if (event.data.first) tell();
  });
  new MutationObserver(tell).observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  frame.addEventListener("load", tell);
}
