"""`station report`: what was built in and how, on paper and for programs, and the labels that go with it."""
