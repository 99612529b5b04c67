"""The figures of `make bench`: start-up, memory, swipe to Started, draining the queue, and the meter's line."""
