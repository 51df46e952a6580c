internal import EventLoop
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// The thread for calls that read for as long as the ledger is large, one after another: neither
/// the writer nor a worker waits for them.
///
/// They have a limit of their own, so that callers who queue behind a long one can't take the room
/// of commands.
final class TaskRunner {
  private var services: PosternServices
  private let workers: [Mailbox<WorkerMessage>]
  private let writer: Mailbox<WriterMessage>
  private let waiting: WaitingCommands
  private let loop: EventLoop
  private var receiver: MailboxReceiver<TaskMessage>?
  private var snapshot: Snapshot
  private var arena: Arena
  private var answer = ByteBuffer()

  /// The most tasks that wait or run.
  static let mostWaiting = 16

  init(
    _ mailbox: Mailbox<TaskMessage>, ledger: Ledger, services: PosternServices,
    workers: [Mailbox<WorkerMessage>], writer: Mailbox<WriterMessage>, waiting: WaitingCommands,
    limits: Limits
  ) throws {
    self.services = services
    self.workers = workers
    self.writer = writer
    self.waiting = waiting
    loop = try EventLoop()
    snapshot = try ledger.makeSnapshot()
    arena = Arena(initialBytes: 4 << 10, limits: limits.decode)
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
  }

  /// Runs until a message stops it; what came before that message is done first.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
  }

  private func receive(_ messages: inout [TaskMessage]) {
    for message in messages {
      switch message {
      case .task(let command):
        let result = run(command)
        waiting.leave([command])
        switch command.origin {
        case .call(let origin):
          workers[origin.worker].post(.answered(CommandAnswer(origin: origin, result: result)))
        case .daemon(let answer): answer(result)
        }
      case .stop: loop.stop()
      }
    }
    messages.removeAll()
  }

  private func run(_ command: Command) -> Result<WipedBytes, Status> {
    if let deadline = command.deadlineNanoseconds, Clock.monotonicNanoseconds() >= deadline {
      return .failure(.deadlineExceeded)
    }
    defer {
      arena.reset()
      answer.removeAll()
    }
    do {
      try snapshot.refresh(at: services.status.clock.read())
      defer { snapshot.release() }
      services.follow(snapshot)
      return perform(command)
    } catch {
      return .failure(
        Status(.unavailable, "the ledger can't be read: \(error)", reason: "LEDGER_UNREADABLE"))
    }
  }

  private func perform(_ command: Command) -> Result<WipedBytes, Status> {
    let call = Call(
      peer: command.peer, credential: command.credential.borrowed,
      executable: command.executable.span)
    do throws(Status) {
      try services.answer(
        command.method, command.payload.bytes.span, call, snapshot, arena, &answer)
      return .success(Self.copy(answer))
    } catch {
      if let key = services.denialKey(command.method, call, error, snapshot) {
        var denials = DenialTable()
        denials.add(key, atNanoseconds: snapshot.nowNanoseconds)
        writer.post(.denied(denials))
      }
      return .failure(error)
    }
  }

  private static func copy(_ buffer: borrowing ByteBuffer) -> WipedBytes {
    WipedBytes(copying: buffer.bytes)
  }
}
