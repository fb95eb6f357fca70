// TimeStepping
