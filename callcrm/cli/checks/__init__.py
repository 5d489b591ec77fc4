"""The checks of `callcrm doctor`: on this machine, and of what others see of it."""
