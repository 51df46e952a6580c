internal import EventLoop
internal import Platform

/// A message to a background thread.
enum BackgroundMessage: Sendable {
  case command(Command)
  /// Ends the thread once the commands before are done.
  case stop
}

/// The mailbox of a background thread that answers calls, with its limit.
struct BackgroundQueue: Sendable {
  let mailbox: Mailbox<BackgroundMessage>
  /// The limit on the commands that wait or run there.
  let quota: CommandQuota
}

/// A thread for what may wait long for a file, one command after another: neither the writer nor a
/// worker waits for it.
///
/// Hazard: a file on a disk or a network that hangs holds up every command behind it. So one thread
/// can't do for all of them: each kind of work has its own, and a copy of the ledger that hangs
/// doesn't hold up a policy.
final class BackgroundThread {
  private let loop: EventLoop
  private var receiver: MailboxReceiver<BackgroundMessage>?

  init(
    _ mailbox: Mailbox<BackgroundMessage>, on loop: EventLoop,
    perform: @escaping (Command) -> Void
  ) throws(Errno) {
    self.loop = loop
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      for message in messages {
        switch message {
        case .command(let command): perform(command)
        case .stop: self.loop.stop()
        }
      }
      // They hold secrets.
      messages.removeAll()
    }
  }

  /// Runs until a message stops it, after it has handled the messages before that one.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
  }
}
