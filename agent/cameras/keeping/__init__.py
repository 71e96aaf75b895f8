"""The camera process (`sandi camera run`): schedules, workers, passwords, memory, the way to the core."""
