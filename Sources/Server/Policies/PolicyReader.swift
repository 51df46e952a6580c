internal import EventLoop
internal import Platform
internal import Services

/// The thread that reads and compiles the policy file, between a command and the writer: neither a
/// large policy nor a file system that hangs holds up anybody's answer.
final class PolicyReader {
  private let path: String?
  private let writer: Mailbox<WriterMessage>
  private let loop: EventLoop
  private var receiver: MailboxReceiver<PolicyReaderMessage>?

  init(
    _ mailbox: Mailbox<PolicyReaderMessage>, path: String?, writer: Mailbox<WriterMessage>
  ) throws(Errno) {
    self.path = path
    self.writer = writer
    loop = try EventLoop()
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      for message in messages { self.receive(message) }
    }
  }

  /// Runs until a message stops it.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
  }

  private func receive(_ message: PolicyReaderMessage) {
    switch message {
    case .read(var command):
      command.reading = Self.read(path)
      writer.post(.command(command))
    case .stop: loop.stop()
    }
  }

  /// Reads and compiles the file.
  static func read(_ path: String?) -> PolicyReading {
    guard let path else { return .noFile }
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try SmallFile.read(path: path, atMost: PolicyCandidate.mostBytes)
    } catch {
      return .unreadable("`\(path)`: \(error)")
    }
    do throws(BrokenPolicy) {
      return .good(try PolicyCandidate(file: bytes))
    } catch {
      return .broken(error)
    }
  }
}
