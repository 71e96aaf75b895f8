"""The satisfaction survey (SKM): what citizens answered, as an index per unit and period."""
