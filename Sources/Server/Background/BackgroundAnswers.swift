internal import EventLoop
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// Answers the calls whose duration grows with the ledger, on a background thread.
///
/// They have a limit of their own, so that calls which queue behind a long one can't take the room
/// of commands.
final class BackgroundAnswers {
  private var services: PosternServices
  private let workers: [WorkerLink]
  private let routes: CommandRoutes
  private var snapshot: Snapshot
  private var arena: Arena
  private var answer = ByteBuffer()

  /// The calls that may wait or run.
  static let maximumWaiting = 16

  init(
    _ context: DaemonContext, workers: [WorkerLink], routes: CommandRoutes
  ) throws(StoreError) {
    services = context.services
    self.workers = workers
    self.routes = routes
    snapshot = try context.ledger.makeSnapshot()
    arena = Arena(initialBytes: 4 << 10, limits: context.limits.decode)
  }

  /// Answers a call, and tells its worker.
  func perform(_ command: Command) {
    let result = result(of: command)
    routes.background.quota.release([command])
    switch command.origin {
    case .call(let origin):
      workers[origin.worker].mailbox.post(
        .answered(CommandAnswer(origin: origin, result: result)))
    case .daemon(let answer): answer(result)
    }
  }

  private func result(of command: Command) -> Result<WipedBytes, Status> {
    if let deadline = command.deadlineNanoseconds, Clock.monotonicNanoseconds() >= deadline {
      return .failure(.deadlineExceeded)
    }
    defer {
      arena.reset()
      answer.removeAll()
    }
    do {
      try snapshot.refresh(at: services.status.clock.read())
    } catch {
      return .failure(.unreadable(error))
    }
    defer { snapshot.release() }
    services.follow(snapshot)
    let call = Call(
      peer: command.peer, credential: command.credential.borrowed,
      executable: command.executable.span)
    do throws(Status) {
      _ = try services.answerQuery(
        command.method, command.payload.bytes.span, for: call, from: snapshot, arena: arena,
        into: &answer)
      return .success(WipedBytes(copying: answer))
    } catch {
      let key = services.denialKey(of: command.method, for: call, status: error, in: snapshot)
      if let key {
        var denials = DenialTable()
        denials.add(key, atNanoseconds: snapshot.nowNanoseconds)
        routes.writer.post(.denied(denials))
      }
      return .failure(error)
    }
  }
}
