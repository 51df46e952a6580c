internal import Platform
internal import RPC

/// Takes the place of the daemon that runs on the same data folder. It blocks the calling thread,
/// which has nothing to serve yet.
///
/// Until `go` the running daemon serves as before, even if this process fails.
final class TakeOver {
  /// The sockets that the running daemon has given; none if it ended without giving them.
  private(set) var sockets: [TakenSocket] = []
  /// The running daemon.
  let processID: Int32
  /// Its drain timeout.
  private(set) var drainNanoseconds: Int64

  private let connection: FileDescriptor
  private var received: [UInt8] = []
  private var passed: PassedDescriptors?
  private var hasEnded = false

  /// How long it waits for an answer, which the running daemon sends within a turn.
  private static let patienceMilliseconds: Int32 = 10_000
  /// How long it waits for the end of the running daemon, beyond its drain timeout.
  private static let graceNanoseconds: Int64 = 5_000_000_000

  /// Asks the running daemon for its sockets; nil where none runs.
  static func begin(_ configuration: Configuration, log: Log) throws(TakeOverError) -> TakeOver? {
    let path = "\(configuration.dataFolder)/\(ControlSocket.name)"
    let connection: FileDescriptor
    do {
      connection = try UnixConnection.connect(path: path)
    } catch {
      switch error {
      case .failed(_, .noSuchFile), .failed(_, .connectionRefused), .path:
        log.info("no daemon to take over from", [("reason", "\(error)")])
        return nil
      case .failed(_, let error): throw .unreachable(path: path, reason: "\(error)")
      }
    }
    let peer: PeerCredentials
    do { peer = try PeerCredentials(of: connection) } catch {
      throw .unreachable(path: path, reason: "\(error)")
    }
    guard ControlSocket.mayTakeOver(peer.userID, ownUserID: ProcessControl.userID) else {
      throw .stranger(path: path, userID: peer.userID)
    }
    let takeOver = TakeOver(
      connection, peer, drainNanoseconds: configuration.limits.drainNanoseconds)
    try takeOver.ask()
    return takeOver
  }

  private init(
    _ connection: consuming FileDescriptor, _ peer: PeerCredentials, drainNanoseconds: Int64
  ) {
    self.connection = connection
    processID = peer.processID
    self.drainNanoseconds = drainNanoseconds
  }

  private func ask() throws(TakeOverError) {
    guard let answer = try exchange(.request) else { return }
    guard case .listeners(let listeners, let drain) = answer else {
      throw .violation(processID: processID, reason: "a message came too early")
    }
    drainNanoseconds = drain
    guard var descriptors = passed.take(), !descriptors.isTruncated,
      descriptors.count == listeners.count
    else {
      throw .violation(processID: processID, reason: "not as many descriptors as sockets")
    }
    guard listeners.count(where: { $0.inheritedName == nil }) <= 1 else {
      throw .violation(processID: processID, reason: "more than one socket of its own")
    }
    for listener in listeners {
      guard let number = descriptors.takeFirst() else { break }
      sockets.append(try Self.check(number, listener))
    }
  }

  private static func check(
    _ number: Int32, _ listener: HandedListener
  ) throws(TakeOverError) -> TakenSocket {
    let socket: InheritedSocket
    do {
      socket = try InheritedSocket(descriptor: number, name: listener.inheritedName ?? "postern")
    } catch {
      throw .unusable(path: listener.path, reason: "\(error)")
    }
    guard socket.path == listener.path else {
      throw .unusable(path: listener.path, reason: "it is bound to `\(socket.path)`")
    }
    return TakenSocket(description: listener, socket: socket)
  }

  /// Lets the running daemon end. If it has ended by itself there is no socket to take over, which
  /// is logged.
  func go(log: Log) throws(TakeOverError) {
    guard !hasEnded, let answer = try exchange(.go) else {
      // It was stopped meanwhile, or crashed, and its socket's name may be gone: start as usual.
      sockets = []
      return log.warning(
        "the daemon to take over from has ended by itself", [("pid", "\(processID)")])
    }
    guard case .going = answer else {
      throw .violation(processID: processID, reason: "a message came too early")
    }
    log.info("taking over", [("pid", "\(processID)"), ("sockets", "\(sockets.count)")])
  }

  /// Until when the running daemon has to have let go of its locks, on the monotonic clock.
  func deadlineNanoseconds() -> Int64 {
    let patience = drainNanoseconds.addingReportingOverflow(Self.graceNanoseconds)
    let deadline = Clock.monotonicNanoseconds().addingReportingOverflow(patience.partialValue)
    return patience.overflow || deadline.overflow ? .max : deadline.partialValue
  }

  /// Waits for the end of the running daemon, which ends the connection. The lock that is taken
  /// afterwards is what counts; waiting here saves polling it.
  func waitForEnd(deadlineNanoseconds: Int64) throws(TakeOverError) {
    while !hasEnded {
      let rest = (deadlineNanoseconds - Clock.monotonicNanoseconds()) / 1_000_000
      guard rest > 0, try receive(timeoutMilliseconds: Int32(clamping: rest)) else { return }
    }
  }

  /// Sends a message and gives the answer; nil where the daemon ended the connection.
  private func exchange(_ message: UpgradeMessage) throws(TakeOverError) -> UpgradeMessage? {
    do {
      try connection.sendAll(message.encoded().span)
    } catch {
      // A peer that hung up may have sent its reason first: read it.
      guard error == .brokenPipe || error == .connectionReset else {
        throw .violation(processID: processID, reason: "\(error)")
      }
    }
    while true {
      let answer: UpgradeMessage?
      do throws(ProtocolViolation) {
        answer = try UpgradeMessage.take(from: &received)
      } catch {
        throw .violation(processID: processID, reason: error.reason)
      }
      if case .refusal(let reason) = answer {
        throw .refused(processID: processID, reason: reason)
      }
      if let answer { return answer }
      if hasEnded { return nil }
      guard try receive(timeoutMilliseconds: Self.patienceMilliseconds) else {
        throw .silent(processID: processID)
      }
    }
  }

  /// Reads once; false when the time ran out.
  private func receive(timeoutMilliseconds: Int32) throws(TakeOverError) -> Bool {
    do {
      guard try connection.waitUntilReadable(timeoutMilliseconds: timeoutMilliseconds) else {
        return false
      }
      var bytes = [UInt8](repeating: 0, count: 64 << 10)
      let outcome: ReadOutcome
      do {
        var span = bytes.mutableSpan
        // SAFETY: bytes of a trivial type, of which any value is valid.
        var raw = unsafe span.mutableBytes
        outcome = try connection.receive(into: &raw, passed: &passed)
      }
      switch outcome {
      case .bytes(let count): received += bytes.prefix(count)
      case .wouldBlock: break
      case .endOfFile: hasEnded = true
      }
    } catch {
      // A peer that ended with something unread.
      hasEnded = true
    }
    return true
  }
}

/// Why the running daemon can't be taken over from, and what to do about it. That one goes on.
enum TakeOverError: Error, CustomStringConvertible {
  /// The control socket can't be reached.
  case unreachable(path: String, reason: String)
  /// Another user serves the control socket.
  case stranger(path: String, userID: UInt32)
  /// The running daemon refuses.
  case refused(processID: Int32, reason: String)
  /// Its answer is not a legal message.
  case violation(processID: Int32, reason: String)
  /// It does not answer.
  case silent(processID: Int32)
  /// A socket that was given can't be served.
  case unusable(path: String, reason: String)

  var description: String {
    switch self {
    case .unreachable(let path, let reason):
      "can't take over from the daemon at `\(path)`: \(reason)"
    case .stranger(let path, let userID):
      "user \(userID) serves `\(path)`, where only root and this user may: look at the folder"
    case .refused(let processID, let reason):
      "the running daemon (\(processID)) does not hand over: \(reason)"
    case .violation(let processID, let reason):
      "the running daemon (\(processID)) sent an answer that can't be read: \(reason): "
        + "stop it, and start this one without --take-over"
    case .silent(let processID):
      "the running daemon (\(processID)) does not answer at its control socket: "
        + "stop it, and start this one without --take-over"
    case .unusable(let path, let reason):
      "the socket `\(path)` of the running daemon can't be taken over: \(reason)"
    }
  }
}

/// A socket that the daemon before has given.
struct TakenSocket {
  let description: HandedListener
  let socket: InheritedSocket
}
