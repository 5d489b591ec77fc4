"""The agent's desk: sidebar, call panel and notes panel, and the live stream that updates them."""
