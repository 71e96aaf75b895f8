"""The live diagnosis: a minute's look at everything on a technician's demand, independent of the daemon."""
