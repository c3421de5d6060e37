import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "playwright",
  globalSetup: "./cognate.setup.mjs",
  fullyParallel: true,
  workers: 2,
  use: {
    cognatePool: "us-east-1_Example1",
    launchOptions: {
      executablePath: process.env.COGNATE_TEST_CHROMIUM ?? "/usr/bin/chromium",
      // Flags that stop Chromium's own network traffic. --no-sandbox lets it run as root.
      args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
