"""One lane a channel: what is due is leased, held back or bundled, and leaves at once where there is room."""
