"""What the API and the pages share of HTTP: live streams, the audio of recordings, statuses of errors."""
