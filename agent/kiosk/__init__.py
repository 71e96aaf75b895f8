"""The kiosk's side of the agent: one door for what citizens say, and what they may look up."""
