"""The status page and its JSON API, over aiohttp; loaded only where it is switched on."""
