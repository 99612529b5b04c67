"""The other side of every wire: products for trying and testing a station without hardware."""
