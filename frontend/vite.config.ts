import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8080";
const API = ["/v1", "/metrics"];

export default defineConfig({
  plugins: [
    svelte({
      configFile: false,
      onwarn(warning) {
        throw new Error(`${warning.filename}: ${warning.code}: ${warning.message}`);
      },
    }),
    svelteTesting(),
  ],
  build: {
    outDir: "../web/static",
    emptyOutDir: true,
    rolldownOptions: { checks: { pluginTimings: false } }, // a busy machine is no defect
  },
  server: { proxy: Object.fromEntries(API.map((path) => [path, SERVER])) },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/lib/strict.ts"],
    restoreMocks: true,
  },
});
