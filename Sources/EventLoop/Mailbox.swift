internal import CLinux
package import Platform

/// Messages from any thread to one loop.
///
/// Posting appends under a lock that is held for that append only, and wakes the loop only if
/// nothing waited before: a burst costs one system call. The loop takes all that waits by swapping
/// two arrays, so messages arrive in batches, in the order of posting.
///
/// The queue has no bound. Whoever posts on behalf of a peer bounds what that peer may have in
/// flight.
package final class Mailbox<Message: Sendable>: Sendable {
  private let waiting = Guarded<[Message]>([])
  private let wakeUp: FileDescriptor

  package init() throws(Errno) {
    wakeUp = FileDescriptor(owning: try SystemCall.value { () -> Int32 in clinux_eventfd() })
  }

  /// Hands over a message. Never waits for the loop.
  package func post(_ message: Message) {
    let wasEmpty = waiting.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    if wasEmpty { wake() }
  }

  /// Hands over several messages, which stay together.
  package func post(contentsOf batch: [Message]) {
    if batch.isEmpty { return }
    let wasEmpty = waiting.withLock { messages in
      let wasEmpty = messages.isEmpty
      messages.append(contentsOf: batch)
      return wasEmpty
    }
    if wasEmpty { wake() }
  }

  /// The number to watch for readability.
  var rawValue: Int32 { wakeUp.rawValue }

  /// Swaps `batch`, which is empty, for all messages that wait.
  ///
  /// The counter is cleared before the swap. The other way round, a message posted in between would
  /// find the queue empty and its wake-up be cleared with the older one: it would wait forever.
  func take(into batch: inout [Message]) {
    let descriptor = wakeUp.rawValue
    // EAGAIN, no wake-up: then nothing waits either, and the swap finds that.
    _ = try? SystemCall.value { clinux_eventfd_clear(descriptor) }
    waiting.withLock { messages in
      swap(&messages, &batch)
    }
  }

  private func wake() {
    let descriptor = wakeUp.rawValue
    do {
      _ = try SystemCall.value { clinux_eventfd_signal(descriptor) }
    } catch {
      // A full counter wakes the loop just as well.
      precondition(error == .wouldBlock, "a mailbox could not wake its loop: \(error)")
    }
  }
}
