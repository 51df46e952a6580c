internal import CLinux
package import Platform

/// Messages from any thread to one loop.
///
/// Posting appends under a lock that is held for the append only, and wakes the loop only if the
/// mailbox was empty: a burst costs one system call. The loop takes all messages by swapping two
/// arrays, so they arrive in batches, in the order of posting.
///
/// The queue has no bound. Code that posts for a peer must bound the messages that the peer may
/// have in flight.
package final class Mailbox<Message: Sendable>: Sendable {
  private let waiting = Guarded<[Message]>([])
  private let wakeUp: FileDescriptor

  package init() throws(Errno) {
    wakeUp = FileDescriptor(owning: try SystemCall.value { () -> Int32 in clinux_eventfd() })
  }

  /// Posts a message. Never waits for the loop.
  package func post(_ message: Message) {
    let wasEmpty = waiting.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    if wasEmpty { wake() }
  }

  /// Posts several messages, which stay together.
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

  /// Swaps the empty `batch` with the array of waiting messages.
  ///
  /// The counter is cleared before the swap. In the other order, a message posted in between would
  /// find the queue empty, and its wake-up would be cleared with the older one: it would wait
  /// forever.
  func take(into batch: inout [Message]) {
    let descriptor = wakeUp.rawValue
    // EAGAIN means that there was no wake-up: then the swap finds an empty queue.
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
      // A full counter also wakes the loop.
      precondition(error == .wouldBlock, "a mailbox could not wake its loop: \(error)")
    }
  }
}

/// The loop's side of a mailbox. It receives from its creation until `close`.
package final class MailboxReceiver<Message: Sendable>: EventHandler {
  /// A batch with a larger capacity is freed after use.
  private static var keptCapacity: Int { 4096 }

  private let mailbox: Mailbox<Message>
  private unowned let loop: EventLoop
  private let receive: (inout [Message]) -> Void
  private var registration: Registration?
  private var batch: [Message] = []

  /// Starts to receive on `loop`, which retains this object.
  ///
  /// - Parameters:
  ///   - mailbox: the mailbox; it can have only one receiver.
  ///   - loop: the loop whose thread calls `receive`.
  ///   - receive: called with all waiting messages, at least one, in the order of posting. It may
  ///     take them out; the rest are dropped.
  /// - Throws: the errors of `EventLoop.add`.
  package init(
    _ mailbox: Mailbox<Message>, on loop: EventLoop, receive: @escaping (inout [Message]) -> Void
  ) throws(Errno) {
    self.mailbox = mailbox
    self.loop = loop
    self.receive = receive
    registration = try loop.add(mailbox.rawValue, .readable, handler: self)
  }

  /// Stops receiving. Messages not yet received stay in the mailbox.
  package func close() throws(Errno) {
    guard let registration else { return }
    self.registration = nil
    try loop.remove(registration)
  }

  package func ready(_ readiness: Readiness) {
    mailbox.take(into: &batch)
    if batch.isEmpty { return }
    // Taken out while the handler runs, so that the handler can't change a batch in use.
    var messages: [Message] = []
    swap(&messages, &batch)
    receive(&messages)
    messages.removeAll(keepingCapacity: messages.capacity <= Self.keptCapacity)
    swap(&messages, &batch)
  }
}
