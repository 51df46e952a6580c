internal import CPQ
internal import EventLoop
internal import Glibc
internal import Platform

/// Connects on a thread of its own, because libpq blocks while it looks up names and reads files
/// (service, password, certificates, Kerberos). Then the loop has the connection.
struct ConnectAttempt: Sendable {
  /// The outcome of an attempt.
  enum Outcome: Sendable {
    case connected(PostgresHandle)
    case failed(String)
  }

  /// Starts to connect; the outcome arrives in the mailbox. Dropping the mailbox drops it.
  ///
  /// - Throws: the kernel's error if no thread can be started.
  static func start(
    _ string: ConnectionString, outcome mailbox: Mailbox<Outcome>
  ) throws(Errno) {
    _ = try NativeThread(name: "fleet-connect") {
      mailbox.post(connect(string))
    }
  }

  private static func connect(_ string: ConnectionString) -> Outcome {
    do {
      var reasons: [String] = []
      for parameters in try string.hosts() {
        switch connect(parameters, limitNanoseconds: string.connectLimitNanoseconds) {
        case .connected(let handle): return .connected(handle)
        case .failed(let reason): reasons.append(reason)
        }
      }
      return .failed(reasons.joined(separator: "; "))
    } catch {
      return .failed(error.description)
    }
  }

  /// Each host has its own time, as with libpq's blocking calls.
  static func connect(
    _ parameters: [(keyword: String, value: String)], limitNanoseconds: Int64
  ) -> Outcome {
    guard let handle = PostgresHandle(parameters) else { return .failed("libpq has no memory") }
    let deadline = Clock.monotonicNanoseconds() + limitNanoseconds
    var wanted = CPQ_POLLING_WRITING
    while unsafe Int(cpq_status(handle.pointer)) != CPQ_CONNECTION_BAD {
      let left = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
      guard left > 0 else {
        return .failed("no connection within \(limitNanoseconds / 1_000_000_000) s")
      }
      guard isReady(handle.socket, writing: wanted == CPQ_POLLING_WRITING, milliseconds: left)
      else { continue }
      // SAFETY: the handle is used by this thread only.
      let status = unsafe cpq_connect_poll(handle.pointer)
      wanted = Int(status)
      if wanted == CPQ_POLLING_OK { return .connected(handle) }
      if wanted == CPQ_POLLING_FAILED { break }
    }
    return .failed(handle.message)
  }

  private static func isReady(_ socket: Int32, writing: Bool, milliseconds: Int64) -> Bool {
    var entry = pollfd(fd: socket, events: Int16(writing ? POLLOUT : POLLIN), revents: 0)
    // SAFETY: one entry, and the count is one.
    let count = try? SystemCall.valueOnce {
      unsafe poll(&entry, 1, Int32(clamping: milliseconds))
    }
    return (count ?? 0) > 0
  }
}
