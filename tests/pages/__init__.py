"""Pages in a real browser: Chromium, driven through Playwright."""
