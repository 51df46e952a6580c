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

/// The loop's side of a mailbox. It receives from its creation until `close`.
package final class MailboxReceiver<Message: Sendable>: EventHandler {
  /// A batch that needed more room than this gives it back.
  private static var keptCapacity: Int { 4096 }

  private let mailbox: Mailbox<Message>
  private unowned let loop: EventLoop
  private let receive: (inout [Message]) -> Void
  private var registration: Registration?
  private var batch: [Message] = []

  /// Starts to receive on `loop`, which holds on to this object.
  ///
  /// - Parameters:
  ///   - mailbox: what to receive from; it can have one receiver only.
  ///   - loop: whose thread calls `receive`.
  ///   - receive: called with all messages that wait, at least one, in the order of posting. It may
  ///     take them out; what it leaves is dropped.
  /// - Throws: the errors of `EventLoop.add`.
  package init(
    _ mailbox: Mailbox<Message>, on loop: EventLoop, receive: @escaping (inout [Message]) -> Void
  ) throws(Errno) {
    self.mailbox = mailbox
    self.loop = loop
    self.receive = receive
    registration = try loop.add(mailbox.rawValue, .readable, handler: self)
  }

  /// Receives nothing more. What was posted and not received stays in the mailbox.
  package func close() throws(Errno) {
    guard let registration else { return }
    self.registration = nil
    try loop.remove(registration)
  }

  package func ready(_ readiness: Readiness) {
    mailbox.take(into: &batch)
    if batch.isEmpty { return }
    // Taken out while the handler runs, so that nothing it does reaches a batch in use.
    var messages: [Message] = []
    swap(&messages, &batch)
    receive(&messages)
    messages.removeAll(keepingCapacity: messages.capacity <= Self.keptCapacity)
    swap(&messages, &batch)
  }
}
