/// A signal that arrived, and who sent it.
package struct ReceivedSignal: Sendable, Equatable {
  /// The number, such as `SIGTERM`.
  package let number: Int32
  /// The process that sent it, or 0 for the kernel.
  package let senderProcessID: Int32
  /// The real user of that process.
  package let senderUserID: UInt32
}
