"""`station init`: from hardware on serial lines to settings that can be used, labels and a report."""
