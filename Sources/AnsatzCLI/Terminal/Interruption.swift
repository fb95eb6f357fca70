import Foundation
import Synchronization

/// Ctrl-C and termination signals, turned into a flag that a run reads after each step.
enum Interruption {
  // A signal handler may do no more than set a flag, and takes no context: hence one for the process.
  private static let received = Atomic<Int32>(0)

  /// The signal that has arrived, or nil.
  static var signalName: String? {
    switch received.load(ordering: .relaxed) {
    case SIGINT: "Ctrl-C"
    case SIGTERM: "a termination signal"
    case SIGHUP: "the end of the terminal"
    default: nil
    }
  }

  /// Begins to listen. A second signal of the same kind ends the process at once, as by default.
  static func listen() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      Interruption.received.store(signal, ordering: .relaxed)
    }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      // A process started by nohup goes on when its terminal ends.
      var current = sigaction()
      let isIgnored =
        sigaction(signal, nil, &current) == 0
        && unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self) == 1
      if signal == SIGHUP && isIgnored { continue }
      sigaction(signal, &action, nil)
      // A program that starts this one may have blocked the signal, which is inherited.
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, signal)
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
  }
}
