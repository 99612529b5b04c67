"""The four figures of `make bench`: start-up, memory, swipe to Started, draining the queue."""
