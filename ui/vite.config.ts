import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import tailwindcss from "@tailwindcss/vite";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { catalogue, listLanguages } from "./scripts/messages.mjs";

listLanguages();

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Lays the licence of each font that is shipped beside it, as the licence asks. */
const fontLicences: Plugin = {
  name: "font-licences",
  generateBundle() {
    for (const [name, font] of [["Inter", "@fontsource-variable/inter"], ["IBM-Plex-Sans-Arabic", "@fontsource/ibm-plex-sans-arabic"]]) {
      this.emitFile({ type: "asset", fileName: `assets/${name}-OFL.txt`, source: readFileSync(here(`./node_modules/${font}/LICENSE`)) });
    }
  },
};

export default defineConfig({
  root: here("."),
  plugins: [paraglideVitePlugin(catalogue), tailwindcss(), svelte(), svelteTesting(), fontLicences],
  resolve: {
    alias: { $: here("./src") },
  },
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts", "scripts/**/*.test.ts"],
    setupFiles: ["./src/test-setup.ts"],
    restoreMocks: true,
  },
});
