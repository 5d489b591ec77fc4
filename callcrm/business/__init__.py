"""What the business decides for itself: settings that are read and written whole, modules that are off."""
