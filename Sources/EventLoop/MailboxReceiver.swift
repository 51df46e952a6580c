package import Platform

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
