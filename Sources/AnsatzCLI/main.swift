import Foundation

// A reader such as `head` may close the pipe early: writes then fail instead of ending the process by a signal.
signal(SIGPIPE, SIG_IGN)
// The same for files beyond the limit of the shell (ulimit -f): the write fails, and says so.
signal(SIGXFSZ, SIG_IGN)
exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
