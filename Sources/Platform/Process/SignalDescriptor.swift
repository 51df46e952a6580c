internal import CLinux

/// Signals that are read from a descriptor. So there are no handlers that interrupt other code.
///
/// Hazard: a thread inherits the blocked signals of the one that starts it. Create this value
/// before the first thread starts, otherwise a thread that doesn't block a signal may receive it
/// and end the process.
package struct SignalDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// Blocks `signals` in the calling thread and collects them here.
  package init(blocking signals: [Int32]) throws(Errno) {
    // SAFETY: pointer and count are those of one array.
    let opened = try SystemCall.value {
      unsafe signals.withUnsafeBufferPointer { unsafe clinux_signalfd($0.baseAddress, $0.count) }
    }
    descriptor = FileDescriptor(owning: opened)
  }

  /// The number to watch for readability.
  package var rawValue: Int32 { descriptor.rawValue }

  /// Takes the next signal; nil if none waits.
  package func next() throws(Errno) -> ReceivedSignal? {
    let source = descriptor.rawValue
    var number: Int32 = 0
    var processID: Int32 = 0
    var userID: UInt32 = 0
    do {
      // SAFETY: the call fills the three numbers and keeps no pointer.
      _ = try SystemCall.value {
        unsafe clinux_signalfd_read(source, &number, &processID, &userID)
      }
    } catch {
      if error == .wouldBlock { return nil }
      throw error
    }
    return ReceivedSignal(
      number: number, senderProcessID: processID, senderUserID: userID)
  }
}

/// A signal that arrived, and its sender.
package struct ReceivedSignal: Sendable, Equatable {
  /// The number, such as `SIGTERM`.
  package let number: Int32
  /// The process that sent it, or 0 for the kernel.
  package let senderProcessID: Int32
  /// The real user of that process.
  package let senderUserID: UInt32
}
