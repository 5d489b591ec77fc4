"""What all edges share, whoever asks through them: live streams and the audio of recordings."""
