import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { globalSetup: "./cognate.setup.mjs", include: ["vitest/*.test.mjs"] },
});
