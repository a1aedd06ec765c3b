"""Seals kept content for its custodians: two of them together can open it, the workstation cannot."""
