"""The commander: the one process with the command key. It signs what is in its own book, and nothing else."""
