/// What an `accept` found.
package enum AcceptOutcome: ~Copyable, Sendable {
  /// A connection, nonblocking and closed on exec.
  case connection(FileDescriptor)
  /// Nobody waits.
  case wouldBlock
  /// Somebody waits, but the process or the machine is out of descriptors or memory.
  ///
  /// Hazard: the listener stays readable. Stop watching it for a while, or the loop spins.
  case descriptorsExhausted(Errno)
}
