"""A whole station driven at random: cable, cards, CSMS, devices, power, network and clocks (`test_machine.py`)."""
