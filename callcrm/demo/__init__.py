"""The demo: app and simulated carrier in one process, with sample data and phones in the browser."""
